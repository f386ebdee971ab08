// Lockout: after some wrong passwords, a pause that doubles.
//
// Counted for each pair of name and address, and, with more patience, for each address whatever the name,
// against one who tries a common password on many names. Not for a name alone: anyone could then lock anyone
// out. A name that does not exist is counted like one that does.
//
// Concurrency: every thread. Limits: `capacity` entries, the longest unused of them is forgotten first.
#pragma once
#include <list>
#include <mutex>
#include <optional>
#include <string_view>
#include <unordered_map>

#include "base/bytes.h"
#include "base/hash.h"
#include "base/time.h"

namespace chancery {

class Lockout {
  public:
    struct Rules {
        int free_failures = 5;            // of one name from one address
        int free_failures_address = 100;  // of one address: an office may share one
        std::chrono::seconds first_pause = 1s;
        std::chrono::seconds longest_pause = 15min;
        std::chrono::seconds memory =
            1h;  // as long without a failure, and all is forgotten; above longest_pause
        std::size_t capacity = 100'000;
    };

    explicit Lockout(Rules rules, Clock clock = system_now) : rules_(rules), clock_(std::move(clock)) {}

    /// How long this name may not be tried from this address; nothing when it may be now.
    std::optional<std::chrono::microseconds> pause(std::string_view name, std::string_view address);
    void failed(std::string_view name, std::string_view address);
    /// Forgets the pair's failures; the address's stay, or one good account would pay for many bad ones.
    void succeeded(std::string_view name, std::string_view address);

    std::size_t size() const;

  private:
    struct Entry {
        Digest key;  // of a fixed size, however long the names are that strangers send
        int failures = 0;
        Time last{}, until{};
    };
    using Entries = std::list<Entry>;  // the longest unused in front

    struct First8 {
        std::size_t operator()(const Digest& key) const { return get<std::size_t>(view(key).data()); }
    };

    void count(const Digest& key, int free_failures, Time now);
    Time until(const Digest& key) const;
    std::chrono::seconds pause_after(int failures, int free_failures) const;

    const Rules rules_;
    const Clock clock_;
    mutable std::mutex guard_;
    Entries entries_;
    std::unordered_map<Digest, Entries::iterator, First8> index_;
};

}  // namespace chancery
