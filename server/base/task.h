// Coroutines: one Task type, and the one place that starts them (TaskGroup).
//
// A task is started when it is awaited and runs on the thread that resumes it. Cancelling is destroying: an awaiter
// must be safe to destroy while it is suspended, and withdraws its wait when that happens. Nothing is detached.
#pragma once
#include <coroutine>
#include <cstdlib>
#include <exception>
#include <list>
#include <optional>
#include <string>
#include <utility>

#include "base/log.h"

namespace chancery {

template <class T = void>
class Task;

namespace detail {

struct FinalAwaiter {
    bool await_ready() const noexcept { return false; }
    template <class Promise>
    std::coroutine_handle<> await_suspend(std::coroutine_handle<Promise> done) const noexcept {
        return done.promise().continuation;
    }
    void await_resume() const noexcept {}
};

struct PromiseBase {
    std::coroutine_handle<> continuation = std::noop_coroutine();
    std::exception_ptr failure;
    std::suspend_always initial_suspend() const noexcept { return {}; }
    FinalAwaiter final_suspend() const noexcept { return {}; }
    void unhandled_exception() noexcept { failure = std::current_exception(); }
};

template <class T>
struct Promise : PromiseBase {
    std::optional<T> value;
    Task<T> get_return_object();
    template <class U>
    void return_value(U&& result) { value.emplace(std::forward<U>(result)); }
    T take() {
        if (failure) std::rethrow_exception(failure);
        return std::move(*value);
    }
};

template <>
struct Promise<void> : PromiseBase {
    Task<void> get_return_object();
    void return_void() const noexcept {}
    void take() {
        if (failure) std::rethrow_exception(failure);
    }
};

}  // namespace detail

/// A computation that is awaited exactly once, or given to a TaskGroup. Destroying it while it is suspended cancels it.
template <class T>
class [[nodiscard]] Task {
  public:
    using promise_type = detail::Promise<T>;
    using Handle = std::coroutine_handle<promise_type>;

    explicit Task(Handle handle) : handle_(handle) {}
    Task(Task&& other) noexcept : handle_(std::exchange(other.handle_, nullptr)) {}
    Task& operator=(Task&& other) noexcept {
        std::swap(handle_, other.handle_);
        return *this;
    }
    ~Task() {
        if (handle_) handle_.destroy();
    }

    bool await_ready() const noexcept { return false; }
    std::coroutine_handle<> await_suspend(std::coroutine_handle<> caller) noexcept {
        handle_.promise().continuation = caller;
        return handle_;
    }
    T await_resume() { return handle_.promise().take(); }

  private:
    Handle handle_;
};

template <class T>
Task<T> detail::Promise<T>::get_return_object() {
    return Task<T>(Task<T>::Handle::from_promise(*this));
}
inline Task<void> detail::Promise<void>::get_return_object() {
    return Task<void>(Task<void>::Handle::from_promise(*this));
}

/// Owns running tasks of one thread. Destroying the group destroys what still waits, which is how an owner stops its
/// work; a task must not do that to its own group.
class TaskGroup {
  public:
    TaskGroup() = default;
    TaskGroup(const TaskGroup&) = delete;
    TaskGroup& operator=(const TaskGroup&) = delete;
    ~TaskGroup() { clear(); }

    /// Runs the task until its first wait, now. An exception that leaves it is logged as `task.failed`.
    void spawn(Task<> task) {
        auto place = running_.emplace(running_.end());
        auto runner = run(std::move(task), *this, place);
        place->handle = runner.handle;
        runner.handle.resume();
    }

    bool empty() const { return running_.empty(); }
    std::size_t size() const { return running_.size(); }

    void clear() {
        while (!running_.empty()) {
            auto entry = std::move(running_.front());
            running_.pop_front();
            entry.handle.destroy();
        }
    }

  private:
    struct Entry {
        std::coroutine_handle<> handle;
    };
    struct Runner {
        struct promise_type {
            Runner get_return_object() { return {std::coroutine_handle<promise_type>::from_promise(*this)}; }
            std::suspend_always initial_suspend() const noexcept { return {}; }
            std::suspend_never final_suspend() const noexcept { return {}; }
            void return_void() const noexcept {}
            void unhandled_exception() const noexcept { std::abort(); }
        };
        std::coroutine_handle<promise_type> handle;
    };

    static Runner run(Task<> task, TaskGroup& group, std::list<Entry>::iterator place) {
        try {
            co_await task;
        } catch (const std::exception& failure) {
            log::error("task.failed", {{"cause", failure.what()}});
        }
        group.running_.erase(place);
    }

    std::list<Entry> running_;
};

}  // namespace chancery
