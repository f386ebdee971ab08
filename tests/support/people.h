// Accounts for tests: a database in memory, cheap key derivation, a clock that the test sets, and a real
// sign-in.
#pragma once
#include <initializer_list>
#include <optional>
#include <stdexcept>
#include <string>

#include "accounts/authenticator.h"
#include "support/loop.h"

namespace chancery::test {

/// Runs a task that needs nobody but workers and the database, and gives its value.
template <class T>
T wait(Loop& loop, Task<T> task) {
    struct Runner {
        static Task<> run(Task<T> task, std::optional<T>& result) { result.emplace(co_await task); }
    };
    std::optional<T> result;
    TaskGroup group;
    group.spawn(Runner::run(std::move(task), result));
    loop.run_until([&] { return result.has_value() || group.empty(); });
    if (!result) throw std::runtime_error("the task failed");
    return std::move(*result);
}

struct People {
    static constexpr const char* domain = "example.org";
    static constexpr const char* address = "192.0.2.1";

    explicit People(std::vector<Hash> hashes = {Hash::sha256, Hash::sha512, Hash::sha1})
        : accounts(database, workers, domain, Key("key of the tests"),
                   {.hashes = std::move(hashes), .iterations = 100}, clock) {}

    void add(std::string name, std::string password = "secret", std::vector<std::string> roles = {}) {
        if (!accounts.create_now({std::move(name), Secret(std::move(password)), std::move(roles)}))
            throw std::runtime_error("cannot add an account");
    }

    /// The account, signed in with its password.
    Account signed_in(Loop& loop, std::string name, std::string password = "secret") {
        auto account =
            wait(loop, authenticator.check_password(std::move(name), Secret(std::move(password)), address));
        if (!account) throw std::runtime_error("cannot sign in: " + account.error().text);
        return std::move(*account);
    }

    Time now = from_micros(1'800'000'000'000'000);
    Clock clock = [this] { return now; };
    storage::Database database{":memory:"};
    Workers workers{2};
    Accounts accounts;
    Lockout lockout{{}, clock};
    Authenticator authenticator{accounts, workers, lockout, Key("secret of the tests")};
};

}  // namespace chancery::test
