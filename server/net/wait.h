// What a task on a shard can wait for besides bytes: time, an event, another shard, two tasks at once.
//
// Every wait may be destroyed while it is suspended, and then never happens. All of this is for one shard's
// thread, except that hop() ends on another.
#pragma once
#include <atomic>
#include <chrono>
#include <coroutine>
#include <exception>
#include <memory>
#include <optional>
#include <type_traits>

#include "base/task.h"
#include "net/error.h"
#include "net/shard.h"

namespace chancery::net {

namespace detail {

class SleepAwaiter final : TimerNode {
  public:
    explicit SleepAwaiter(std::chrono::milliseconds time) : time_(time) {}
    bool await_ready() const noexcept { return time_ <= std::chrono::milliseconds::zero(); }
    void await_suspend(std::coroutine_handle<> waiter) {
        waiter_ = waiter;
        auto& shard = Shard::current();
        shard.start_timer(*this, shard.after(time_));
    }
    void await_resume() const noexcept {}

  private:
    void run() override { waiter_.resume(); }
    std::chrono::milliseconds time_;
    std::coroutine_handle<> waiter_;
};

class HopAwaiter {
    // Shared by the awaiter, which may be destroyed first, and by the letter to the target. Whoever takes the
    // address out decides whether the task goes on.
    using Waiter = std::atomic<void*>;

  public:
    explicit HopAwaiter(Shard& target) : target_(target) {}
    HopAwaiter(const HopAwaiter&) = delete;
    ~HopAwaiter() {
        if (waiter_) waiter_->exchange(nullptr);
    }
    bool await_ready() const noexcept { return false; }
    void await_suspend(std::coroutine_handle<> waiter) {
        const auto shared = std::make_shared<Waiter>(waiter.address());
        waiter_ = shared;  // once posted, the task may run on the target and this be gone
        target_.post([shared] {
            if (void* address = shared->exchange(nullptr))
                std::coroutine_handle<>::from_address(address).resume();
        });
    }
    void await_resume() const noexcept {}

  private:
    Shard& target_;
    std::shared_ptr<Waiter> waiter_;
};

}  // namespace detail

/// Waits at least so long, by the shard's clock.
inline auto sleep(std::chrono::milliseconds time) { return detail::SleepAwaiter(time); }

/// Continues on the target's thread. A TaskGroup belongs to one thread: a task that left its group's thread
/// must be back before it ends, and must not be destroyed meanwhile except by the thread that it is on.
inline auto hop(Shard& target) { return detail::HopAwaiter(target); }

/// Something that has happened or not yet. Tasks that wait are resumed by the loop, not by set().
class Event {
  public:
    Event() = default;
    Event(const Event&) = delete;
    Event& operator=(const Event&) = delete;

    bool is_set() const { return set_; }
    /// Wakes everyone who waits, even if reset() follows at once.
    void set();
    void reset() { set_ = false; }

    class Awaiter {
      public:
        explicit Awaiter(Event& event) : event_(event) {}
        bool await_ready() const noexcept { return event_.set_; }
        void await_suspend(std::coroutine_handle<> waiter) {
            resumption_.waiter = waiter;
            event_.waiting_.push_back(resumption_);
        }
        void await_resume() const noexcept {}

      private:
        Event& event_;
        Resumption resumption_;
    };
    auto wait() { return Awaiter(*this); }

  private:
    bool set_ = false;
    List waiting_;
};

/// Calls back once, unless it is cancelled or destroyed before. The callback may destroy or restart it.
class Timer final : TimerNode {
  public:
    void start(std::chrono::milliseconds time, Job callback);
    void cancel();
    bool is_running() const { return is_linked(); }

  private:
    void run() override;
    Job callback_;
};

namespace detail {

/// Who waits for the end of a branch.
class BranchOwner {
  public:
    /// The branch has ended; gives the coroutine to continue with.
    virtual std::coroutine_handle<> ended(std::exception_ptr failure) noexcept = 0;

  protected:
    ~BranchOwner() = default;
};

/// A task that runs beside another wait of its awaiter.
class Branch {
  public:
    struct promise_type {
        BranchOwner* owner = nullptr;
        std::exception_ptr failure;

        struct Final {
            bool await_ready() const noexcept { return false; }
            std::coroutine_handle<> await_suspend(std::coroutine_handle<promise_type> branch) const noexcept {
                return branch.promise().owner->ended(std::move(branch.promise().failure));
            }
            void await_resume() const noexcept {}
        };
        Branch get_return_object() {
            return Branch(std::coroutine_handle<promise_type>::from_promise(*this));
        }
        std::suspend_always initial_suspend() const noexcept { return {}; }
        Final final_suspend() const noexcept { return {}; }
        void return_void() const noexcept {}
        void unhandled_exception() noexcept { failure = std::current_exception(); }
    };

    Branch(const Branch&) = delete;
    ~Branch() { destroy(); }

    void start(BranchOwner& owner) {
        handle_.promise().owner = &owner;
        handle_.resume();
    }
    void destroy() {
        if (auto handle = std::exchange(handle_, nullptr)) handle.destroy();
    }

  private:
    explicit Branch(std::coroutine_handle<promise_type> handle) : handle_(handle) {}
    std::coroutine_handle<promise_type> handle_;
};

template <class T>
Branch branch(Task<T> task, std::optional<T>& value) {
    value.emplace(co_await task);
}
inline Branch branch(Task<> task, std::optional<char>&) { co_await task; }

template <class T>
class WithinAwaiter final : BranchOwner, TimerNode {
    using Stored = std::conditional_t<std::is_void_v<T>, char, T>;

  public:
    WithinAwaiter(std::chrono::milliseconds limit, Task<T> task)
        : limit_(limit), branch_(branch(std::move(task), value_)) {}

    bool await_ready() const noexcept { return false; }
    bool await_suspend(std::coroutine_handle<> waiter) {
        auto& shard = Shard::current();
        shard.start_timer(*this, shard.after(limit_));
        branch_.start(*this);
        waiter_ = waiter;  // not before: a branch that ends at once must not resume who is not yet suspended
        return !ended_;
    }
    T await_resume() {
        if (!ended_) throw Timeout();
        if (failure_) std::rethrow_exception(failure_);
        if constexpr (!std::is_void_v<T>) return std::move(*value_);
    }

  private:
    std::coroutine_handle<> ended(std::exception_ptr failure) noexcept override {
        ended_ = true;
        failure_ = std::move(failure);
        unlink();
        return waiter_;
    }
    void run() override {
        branch_.destroy();
        waiter_.resume();
    }

    std::chrono::milliseconds limit_;
    std::optional<Stored> value_;
    std::exception_ptr failure_;
    bool ended_ = false;
    std::coroutine_handle<> waiter_ = std::noop_coroutine();
    Branch branch_;
};

class BothAwaiter final : BranchOwner {
  public:
    BothAwaiter(Task<> a, Task<> b)
        : a_(branch(std::move(a), nothing_)), b_(branch(std::move(b), nothing_)) {}

    bool await_ready() const noexcept { return false; }
    bool await_suspend(std::coroutine_handle<> waiter) {
        a_.start(*this);
        if (!failure_) b_.start(*this);
        waiter_ = waiter;
        return !is_over();
    }
    void await_resume() {
        // The one that has not ended is destroyed with this awaiter, before the exception reaches a handler.
        if (failure_) std::rethrow_exception(failure_);
    }

  private:
    bool is_over() const { return failure_ || running_ == 0; }
    std::coroutine_handle<> ended(std::exception_ptr failure) noexcept override {
        --running_;
        if (!failure_) failure_ = std::move(failure);
        return is_over() ? waiter_ : std::noop_coroutine();
    }

    std::optional<char> nothing_;
    std::exception_ptr failure_;
    int running_ = 2;
    std::coroutine_handle<> waiter_ = std::noop_coroutine();
    Branch a_, b_;
};

}  // namespace detail

/// The task's value or its exception if it ends within `limit`; else destroys it and throws Timeout.
template <class T>
Task<T> within(std::chrono::milliseconds limit, Task<T> task) {
    detail::WithinAwaiter<T> outcome(limit, std::move(task));
    co_return co_await outcome;
}

/// Runs both and ends when both have ended. If one throws, the other is destroyed and the exception passed
/// on.
inline Task<> both(Task<> a, Task<> b) {
    detail::BothAwaiter end(std::move(a), std::move(b));
    co_await end;
}

}  // namespace chancery::net
