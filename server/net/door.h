// Who may come in: counts the connections, those of each address, and those that have not signed in yet, which cost
// memory and handshakes before anybody knows whose they are.
//
// Concurrency. Every thread; one lock, taken when a connection comes, signs in and goes.
// Limits. As set. IPv6 counts by /64, which is what one subscriber has. 127.0.0.1 and ::1 are not limited as addresses:
// behind them are the proxies and tools of this machine.
#pragma once
#include <mutex>
#include <string>
#include <unordered_map>

#include "base/result.h"
#include "base/time.h"
#include "net/address.h"

namespace chancery::net {

class Door {
  public:
    /// Counts a connection as long as it exists, on whichever shard it is. The door outlives it.
    class Pass {
      public:
        Pass(Door& door, std::string origin) : door_(&door), origin_(std::move(origin)) {}
        Pass(Pass&& other) noexcept
            : door_(std::exchange(other.door_, nullptr)), origin_(std::move(other.origin_)), signing_in_(other.signing_in_) {}
        ~Pass();
        /// It is known whose it is: it counts no more among those that sign in. Again: no effect.
        void signed_in();

      private:
        Door* door_;
        std::string origin_;
        bool signing_in_ = true;
    };

    struct Limits {
        std::int64_t connections, connections_per_address, signing_in, signing_in_per_address;
    };

    /// `name`: of the listeners, for the log.
    Door(std::string_view name, Limits limits) : name_(name), limits_(limits) {}
    Door(const Door&) = delete;

    /// Who is refused may be told why.
    struct Refusal {
        bool by_address;  // as one of too many; else the server is full
        const char* why;
    };
    Result<Pass, Refusal> admit(const Address& peer);
    std::size_t connections() const;

  private:
    struct Count {
        std::int64_t all = 0, signing_in = 0;
    };
    const char* refusal(const std::string& origin) const;
    void has_signed_in(const std::string& origin);
    void leave(const std::string& origin, bool signing_in);
    void report(const Address& peer, const char* why);

    const std::string name_;
    const Limits limits_;
    mutable std::mutex guard_;
    Count total_;
    std::unordered_map<std::string, Count> by_origin_;
    Time reported_{};
    std::size_t unreported_ = 0;
};

}  // namespace chancery::net
