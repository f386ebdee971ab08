// Where code runs: the thread that a task belongs to (Executor), and the door to threads that may block (Workers).
//
// Used on every thread. A shard is an Executor; whatever blocks or computes for long goes through Workers and comes
// back as a value to the executor that asked.
#pragma once
#include <condition_variable>
#include <coroutine>
#include <deque>
#include <exception>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>
#include <type_traits>
#include <vector>

namespace chancery {

using Job = std::move_only_function<void()>;

/// A thread that runs jobs in the order in which they are posted.
class Executor {
  public:
    virtual ~Executor() = default;

    /// Runs `job` on this executor's thread, later. From any thread; never blocks.
    virtual void post(Job job) = 0;

    /// The executor whose thread this is; aborts on a thread that is none.
    static Executor& current();

  protected:
    /// Called by an executor on its own thread before it runs anything; nullptr when it ends.
    static void set_current(Executor* executor);
};

/// A fixed number of threads that run jobs which may block.
///
/// Limits: the queue is unbounded; who offers work to strangers bounds it before (accounts/ bounds log-ins).
class Workers {
  public:
    explicit Workers(unsigned threads);
    /// Finishes what is queued, then joins.
    ~Workers();
    Workers(const Workers&) = delete;
    Workers& operator=(const Workers&) = delete;

    void post(Job job);

    /// Waits until everything that was posted has run. Nobody posts meanwhile.
    void drain();

    /// `co_await workers.run(work)`: runs `work()` on a worker and gives its value, or throws what it threw, on the
    /// executor that awaited. If the waiting task is destroyed meanwhile, the result is dropped.
    template <class Work>
    auto run(Work work);

  private:
    void serve();

    std::mutex guard_;
    std::condition_variable wake_, idle_;
    std::deque<Job> queue_;
    std::size_t running_ = 0;
    bool stopping_ = false;
    std::vector<std::jthread> threads_;
};

namespace detail {

template <class Work>
class WorkAwaiter {
    using Value = std::invoke_result_t<Work&>;
    using Stored = std::conditional_t<std::is_void_v<Value>, char, Value>;

    // Shared by the awaiter, which may be destroyed first, and by the job on the worker.
    struct State {
        std::optional<Stored> value;
        std::exception_ptr failure;
        std::coroutine_handle<> waiter;  // read and cleared on the awaiting thread only
    };

  public:
    WorkAwaiter(Workers& workers, Work work) : workers_(workers), work_(std::move(work)) {}
    ~WorkAwaiter() {
        if (state_) state_->waiter = nullptr;
    }

    bool await_ready() const noexcept { return false; }
    void await_suspend(std::coroutine_handle<> caller) {
        state_ = std::make_shared<State>();
        state_->waiter = caller;
        workers_.post([state = state_, work = std::move(work_), home = &Executor::current()]() mutable {
            try {
                if constexpr (std::is_void_v<Value>) {
                    work();
                    state->value.emplace();
                } else {
                    state->value.emplace(work());
                }
            } catch (...) {
                state->failure = std::current_exception();  // thrown again where it is awaited
            }
            home->post([state = std::move(state)] {
                if (auto waiter = state->waiter) waiter.resume();
            });
        });
    }
    Value await_resume() {
        auto state = std::move(state_);
        if (state->failure) std::rethrow_exception(state->failure);
        if constexpr (!std::is_void_v<Value>) return std::move(*state->value);
    }

  private:
    Workers& workers_;
    Work work_;
    std::shared_ptr<State> state_;
};

}  // namespace detail

template <class Work>
auto Workers::run(Work work) {
    return detail::WorkAwaiter<Work>(*this, std::move(work));
}

}  // namespace chancery
