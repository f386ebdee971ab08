// What one domain sends us, counted: how fast, to how many addresses, and how much of it fails.
//
// Operation. Who sends faster than allowed is read more slowly; who writes to too many addresses is refused new ones; of
// a domain whose stanzas fail for the most part (somebody tries out addresses) one a second is read.
// Concurrency. On the domain's shard.
#pragma once
#include <chrono>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <unordered_set>

namespace chancery::s2s {

using Moment = std::chrono::steady_clock::time_point;

class Meter {
  public:
    struct Limits {
        std::int64_t stanzas_per_second, targets_per_minute, failure_percent;
    };

    explicit Meter(Limits limits) : limits_(limits) {}

    /// Counts a stanza: how long to wait before it is handled.
    std::chrono::milliseconds take(Moment now);
    /// Whether the bare address is one of those that the domain may still write to in this minute.
    bool admits(std::string_view address, Moment now);
    /// A stanza of the domain was answered by an error.
    void failed();
    /// Nothing was counted for so long that nothing would be different without this.
    bool is_stale(Moment now) const;
    bool is_suspicious() const { return suspicious_; }

  private:
    void begin_minute(Moment now);
    bool mostly_fails() const;

    Limits limits_;
    Moment minute_{}, next_{};
    std::int64_t stanzas_ = 0, failed_ = 0;
    bool suspicious_ = false;
    std::unordered_set<std::string> targets_;
};

}  // namespace chancery::s2s
