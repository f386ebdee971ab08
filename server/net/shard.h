// One thread of the server and everything on it: epoll, mailbox, timers, shared buffers.
//
// Operation. A turn of the loop: what epoll reports; timers; posted jobs; tasks that became ready; what was
// left for the end of the turn; then every connection that was written to is flushed once. Concurrency.
// post() and stop() from any thread; everything else on the shard's own thread (or before run() begins, or
// after it has returned). What a shard owns, only its thread touches. Limits. At most 256 events and 256
// posted jobs per turn. A job that throws ends the process: that is a bug.
#pragma once
#include <sys/epoll.h>

#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <vector>

#include "base/executor.h"
#include "base/time.h"
#include "net/buffers.h"
#include "net/list.h"
#include "net/wheel.h"

namespace chancery::net {

using Instant = std::chrono::steady_clock::time_point;

/// Something with a file descriptor that a shard watches.
class Pollable {
  public:
    /// The bits of epoll_wait(2). May destroy itself.
    virtual void ready(std::uint32_t events) = 0;

  protected:
    ~Pollable() = default;
};

/// A task that waits in the ready list or in an Event. Destroying it withdraws the wait.
class Resumption final : public Runnable {
  public:
    void run() override { waiter.resume(); }
    std::coroutine_handle<> waiter;
};

class Shard final : public Executor {
  public:
    explicit Shard(unsigned index);
    ~Shard() override;
    Shard(const Shard&) = delete;
    Shard& operator=(const Shard&) = delete;

    /// Makes the calling thread the shard; returns after stop(). Jobs that are posted later are dropped with
    /// the shard.
    void run();

    /// Runs `last` on the shard (where owners destroy their task groups and listeners), finishes that turn
    /// with its flush, and ends run(). Jobs posted before are run before. From any thread.
    void stop(Job last = {});

    void post(Job job) override;

    /// The shard whose thread this is; aborts on another thread.
    static Shard& current();

    unsigned index() const { return index_; }

    /// Read once per turn.
    Instant now() const { return now_; }
    /// now() and `time`, which may be anything; at most a year from now.
    Instant after(std::chrono::milliseconds time) const;

    /// Runs `job` once, after this turn's events and before its flush: for work that is done once per batch.
    void at_turn_end(Job job) { turn_end_.push_back(std::move(job)); }

    // For awaiters and sockets:

    /// Runs it soon, from the loop and not from here; until then it can be unlinked.
    void run_soon(Runnable& ready) { ready_.push_back(ready); }
    /// Runs it in the next turn: for work that was stopped for the sake of fairness.
    void run_next_turn(Runnable& ready) { next_turn_.push_back(ready); }
    /// Runs it at the end of the turn, or soon after when a crowd was written to.
    void flush_at_turn_end(Runnable& dirty) { dirty_.push_back(dirty); }
    /// Runs `timer` when `deadline` has passed, never before; replaces its earlier deadline.
    void start_timer(TimerNode& timer, Instant deadline);

    void watch(int fd, std::uint32_t events, Pollable& owner);
    void rewatch(int fd, std::uint32_t events, Pollable& owner);
    /// Nothing is reported to `owner` any more, not even what epoll has reported already.
    void unwatch(int fd, Pollable& owner);

    Buffers& buffers() { return buffers_; }
    std::uint64_t turn() const { return turn_; }

  private:
    struct Letter {
        Letter* next;
        Job job;
    };

    void wait_for_events();
    int milliseconds_to_sleep() const;
    void dispatch_events();
    void read_mail();
    void run_ready();
    void flush();
    void flush_all();
    std::uint64_t tick_of(Instant time) const;

    const unsigned index_;
    int epoll_ = -1, wake_ = -1;
    const Instant start_;
    Instant now_;
    std::uint64_t turn_ = 0;
    bool stopping_ = false;

    std::atomic<Letter*> mail_ = nullptr;  // newest first; any thread
    std::atomic<bool> asleep_ = false;     // any thread
    Letter* opened_ = nullptr;             // oldest first; taken from mail_ and not yet run

    std::array<epoll_event, 256> events_;
    int event_count_ = 0, event_next_ = 0;

    List ready_, next_turn_;
    List dirty_, unflushed_;  // written to in this turn; and earlier, when there were too many for one
    std::vector<Job> turn_end_;
    Wheel wheel_;
    Buffers buffers_;
};

}  // namespace chancery::net
