#include "accounts/accounts.h"

#include <doctest/doctest.h>
#include <unistd.h>

#include "support/people.h"

using namespace chancery;

namespace {

AccountError error_of(const Accounts::Done& done) { return done.error(); }

std::string file_of_test() { return "/tmp/chancery_accounts_test_" + std::to_string(getpid()) + ".db"; }

void remove_files() {
    for (const char* end : {"", "-wal", "-shm"}) std::filesystem::remove(file_of_test() + end);
}

}  // namespace

TEST_CASE("AnAccountIsMadeChangedAndRemoved") {
    test::People people;
    auto& accounts = people.accounts;
    REQUIRE(accounts.create_now({"Romeo", Secret("secret"), {"user", "administrator", "user"}}));
    CHECK(accounts.is_user("romeo"));
    CHECK_FALSE(accounts.is_user("Romeo"));
    CHECK(accounts.has_role("romeo", "administrator"));
    CHECK_FALSE(accounts.has_role("romeo", "admin"));
    CHECK(accounts.find("romeo")->roles == std::vector<std::string>{"administrator", "user"});
    CHECK(accounts.find("romeo")->created == people.now);

    CHECK(accounts.set_disabled_now("romeo", "on leave"));
    CHECK(accounts.is_user("romeo"));
    CHECK_FALSE(accounts.is_enabled("romeo"));
    CHECK(accounts.find("romeo")->disabled_reason == "on leave");
    CHECK(accounts.set_disabled_now("romeo", std::nullopt));
    CHECK(accounts.is_enabled("romeo"));

    CHECK(accounts.set_roles_now("romeo", {}));
    CHECK_FALSE(accounts.has_role("romeo", "administrator"));
    CHECK(accounts.size() == 1);
    CHECK(accounts.remove_now("romeo"));
    CHECK_FALSE(accounts.is_user("romeo"));
    CHECK(accounts.size() == 0);
}

TEST_CASE("TheNameOfARemovedAccountStaysTakenUntilItIsReleased") {
    test::People people;
    auto& accounts = people.accounts;
    people.add("romeo");
    people.database.write_now([](storage::Transaction& transaction) {
        for (const auto* owner : {"romeo@example.org", "juliet@example.org"})
            transaction.run("INSERT INTO roster_version (owner, version) VALUES ($1, 1)", std::string(owner));
    });
    CHECK(accounts.remove_now("romeo"));
    CHECK(error_of(accounts.create_now({"Romeo", Secret("secret"), {}})) == AccountError::removed);
    const auto imported = accounts.import_now({{"romeo", Secret("secret"), {}}, {"juliet", Secret("secret"), {}}});
    CHECK(imported.created == 1);
    CHECK(imported.refused == std::vector<std::pair<std::string, AccountError>>{{"romeo", AccountError::removed}});
    CHECK(error_of(accounts.release_now("mercutio")) == AccountError::unknown);
    CHECK(accounts.release_now("romeo"));
    CHECK(accounts.create_now({"romeo", Secret("secret"), {}}));
    const auto left = people.database.read_now([](storage::Snapshot& snapshot) {
        return snapshot.one<std::string>("SELECT group_concat(owner) FROM roster_version");
    });
    CHECK(left == "juliet@example.org");
}

TEST_CASE("WhatCannotBeIsRefused") {
    test::People people;
    auto& accounts = people.accounts;
    people.add("romeo");
    for (const char* name : {"", "a b", "a@b", "a/b", "\xFF"})
        CHECK(error_of(accounts.create_now({name, Secret("secret"), {}})) == AccountError::bad_name);
    for (const char* password : {"", "\x01", "\xFF"})
        CHECK(error_of(accounts.create_now({"juliet", Secret(password), {}})) == AccountError::bad_password);
    CHECK(error_of(accounts.create_now({"juliet", Secret("secret"), {"two words"}})) ==
          AccountError::bad_role);
    CHECK(error_of(accounts.create_now({"ROMEO", Secret("secret"), {}})) == AccountError::exists);
    CHECK(error_of(accounts.set_password_now("juliet", Secret("x"))) == AccountError::unknown);
    CHECK(error_of(accounts.set_disabled_now("juliet", "x")) == AccountError::unknown);
    CHECK(error_of(accounts.remove_now("juliet")) == AccountError::unknown);
    CHECK(accounts.size() == 1);
    CHECK_THROWS_AS(Accounts(people.database, people.workers, "Example.ORG", Key(), {}),
                    std::invalid_argument);
}

TEST_CASE("TasksDoTheSameOnAWorker") {
    test::Loop loop;
    test::People people;
    auto& accounts = people.accounts;
    CHECK(test::wait(loop, accounts.create({"romeo", Secret("secret"), {}})));
    const auto before = accounts.credentials("romeo")->pack();
    CHECK(test::wait(loop, accounts.set_password("romeo", Secret("changed"))));
    CHECK(accounts.credentials("romeo")->pack() != before);
    CHECK(test::wait(loop, accounts.set_roles("romeo", {"administrator"})));
    CHECK(test::wait(loop, accounts.set_disabled("romeo", "gone")));
    CHECK_FALSE(accounts.is_enabled("romeo"));
    CHECK(test::wait(loop, accounts.remove("romeo")));
    CHECK(accounts.size() == 0);
}

TEST_CASE("AccountsSurviveARestartAndAreSealed") {
    remove_files();
    test::Loop loop;
    Workers workers(1);
    const Key key("a key");
    std::string packed;
    {
        storage::Database database(file_of_test());
        Accounts accounts(database, workers, "example.org", key, {.iterations = 10});
        REQUIRE(accounts.create_now({"romeo", Secret("secret"), {"administrator"}}));
        REQUIRE(accounts.create_now({"tybalt", Secret("secret"), {}}));
        REQUIRE(accounts.set_disabled_now("romeo", "banished"));
        accounts.note_logon("romeo");
        packed = accounts.credentials("romeo")->pack();
        TaskGroup group;
        group.spawn(accounts.save_logons());
        loop.run_until([&] { return group.empty(); });
        const auto stored = database.read_now([](storage::Snapshot& snapshot) {
            return snapshot.one<std::string>("SELECT credentials FROM account WHERE name = 'romeo'");
        });
        CHECK(stored->find(packed.substr(6)) == std::string::npos);
    }
    {
        storage::Database database(file_of_test());
        Accounts accounts(database, workers, "example.org", key, {.iterations = 10});
        const auto romeo = accounts.find("romeo");
        REQUIRE(romeo);
        CHECK(romeo->disabled_reason == "banished");
        CHECK(romeo->last_logon.has_value());
        CHECK(accounts.has_role("romeo", "administrator"));
        CHECK(accounts.credentials("romeo")->pack() == packed);
        CHECK(accounts.list().back().name == "tybalt");

        Accounts other(database, workers, "example.org", Key("another"), {.iterations = 10});
        CHECK_FALSE(other.credentials("romeo").has_value());

        database.write_now([](storage::Transaction& transaction) {
            transaction.run(
                "UPDATE account SET credentials = (SELECT credentials FROM account WHERE name = 'romeo')");
        });
        Accounts swapped(database, workers, "example.org", key, {.iterations = 10});
        CHECK_FALSE(swapped.credentials("tybalt").has_value());
    }
    remove_files();
}

TEST_CASE("ManyAreImportedAtOnceAndTheRefusedAreNamed") {
    test::People people({Hash::sha256});
    people.add("user7");
    std::vector<NewAccount> many;
    for (int i = 0; i < 300; ++i) many.push_back({"user" + std::to_string(i), Secret("secret"), {}});
    many.push_back({"User9", Secret("secret"), {}});
    many.push_back({"bad name", Secret("secret"), {}});
    many.push_back({"new", Secret(""), {}});
    const auto imported = people.accounts.import_now(std::move(many));
    CHECK(imported.created == 299);
    using Refused = std::vector<std::pair<std::string, AccountError>>;
    CHECK(imported.refused == Refused{{"user7", AccountError::exists},
                                      {"User9", AccountError::exists},
                                      {"bad name", AccountError::bad_name},
                                      {"new", AccountError::bad_password}});
    CHECK(people.accounts.size() == 300);
    test::Loop loop;
    CHECK(people.signed_in(loop, "user299").jid().text() == "user299@example.org");
}

TEST_CASE("EveryThreadMayAskWhileAccountsChange") {
    test::People people({Hash::sha256});
    people.add("romeo");
    std::atomic<bool> stop = false;
    std::vector<std::jthread> askers;
    for (int i = 0; i < 3; ++i)
        askers.emplace_back([&] {
            while (!stop) {
                CHECK(people.accounts.is_user("romeo"));
                people.accounts.note_logon("romeo");
                CHECK(people.accounts.credentials("romeo").has_value());
                people.accounts.list();
            }
        });
    for (int i = 0; i < 20; ++i) {
        CHECK(people.accounts.set_disabled_now("romeo",
                                               i % 2 ? std::optional<std::string>("x") : std::nullopt));
        CHECK(people.accounts.set_password_now("romeo", Secret("again")));
    }
    stop = true;
}
