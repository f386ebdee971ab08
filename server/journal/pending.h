// One record on its way into the journal, and the queue of them.
#pragma once
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <string>

#include "journal/format.h"

namespace chancery::journal {

/// Intrusive: the caller owns it (often as a base or member of what waits) and keeps it until `settled` was
/// called. Then either it is durable and has its place, or nothing of it is on record and failure() says why.
class Pending {
  public:
    Pending* next = nullptr;  // the journal's until it is settled; then the next one of the batch
    std::uint32_t group = 0;  // the caller's: which shard it belongs to, say

    bool durable = false;
    Position position = 0;
    Time time{};
    Location location{};

    /// For people who run the server: what is wrong and how it is mended. Empty when durable.
    std::string_view failure() const { return failure_ ? std::string_view(*failure_) : std::string_view(); }
    std::size_t size_bytes() const { return record_.size(); }

  private:
    friend class Journal;
    friend class Writer;
    std::string record_;
    std::shared_ptr<const std::string> failure_;  // shared by all that one failure refused
};

/// From any thread to the journal's. Pushing is one atomic exchange, and a wake-up when the journal sleeps.
class Queue {
  public:
    using Deadline = std::chrono::steady_clock::time_point;

    void push(Pending& pending);
    /// Everything queued, oldest first; waits for the first one. nullptr when the deadline has passed or the
    /// queue is closed and empty.
    Pending* take(Deadline deadline);
    void close();
    bool is_closed() const { return closed_; }
    /// Wakes a take() that waits before its deadline.
    void nudge();

  private:
    std::atomic<Pending*> newest_ = nullptr;
    std::atomic<bool> asleep_ = false, closed_ = false, nudged_ = false;
    std::mutex guard_;
    std::condition_variable wake_;
};

}  // namespace chancery::journal
