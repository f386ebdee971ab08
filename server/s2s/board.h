// What is known of each domain at this moment, for `chancery status` and `chancery doctor`.
//
// Concurrency: any thread; one lock, taken for an instant. Limits: `most` domains; then those with which nothing was ever
// exchanged go first, since anybody can name domains in vain, and of more nothing is noted.
#pragma once
#include <functional>
#include <map>
#include <mutex>
#include <string>

#include "base/time.h"

namespace chancery::s2s {

struct DomainStatus {
    int streams_in = 0, streams_out = 0;
    std::string known_as_caller_by, known_as_called_by;  ///< what proved its domain on the last stream: PKIX, DANE, dialback
    std::size_t waiting = 0;              ///< stanzas that have not been sent, or not acknowledged
    std::uint64_t sent = 0, received = 0, returned = 0;
    bool suspicious = false;              ///< slowed down because most of what it sends fails
    std::string last_error;
    Time last_error_at{};
};

class Board {
  public:
    void change(const std::string& domain, const std::function<void(DomainStatus&)>& change) {
        const std::lock_guard lock(guard_);
        if (domains_.size() >= most && !domains_.contains(domain)) forget_strangers();
        if (domains_.size() >= most && !domains_.contains(domain)) return;
        change(domains_[domain]);
    }
    void failed(const std::string& domain, std::string what, Time when) {
        change(domain, [&](DomainStatus& status) {
            status.last_error = std::move(what);
            status.last_error_at = when;
        });
    }
    std::map<std::string, DomainStatus> all() const {
        const std::lock_guard lock(guard_);
        return domains_;
    }

    static constexpr std::size_t most = 10'000;

  private:
    void forget_strangers() {
        std::erase_if(domains_, [](const auto& each) {
            const auto& status = each.second;
            return status.streams_in + status.streams_out == 0 && status.waiting + status.sent + status.received == 0;
        });
    }

    mutable std::mutex guard_;
    std::map<std::string, DomainStatus> domains_;
};

}  // namespace chancery::s2s
