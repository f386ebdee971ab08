// How a result comes back from a database thread: to a coroutine on its executor, or to a thread that blocks.
#pragma once
#include "storage/database.h"

namespace chancery::storage {
namespace detail {

template <class Work, class View>
using ResultOf = std::invoke_result_t<Work&, View&>;

/// Keeps what a work returned, void included.
template <class Work, class View>
class Outcome {
    using Value = ResultOf<Work, View>;

  public:
    void run(Work& work, View& view) {
        if constexpr (std::is_void_v<Value>)
            work(view), value_.emplace();
        else
            value_.emplace(work(view));
    }
    void fail(std::exception_ptr failure) { failure_ = std::move(failure); }
    Value take() {
        if (failure_) std::rethrow_exception(failure_);
        if constexpr (!std::is_void_v<Value>) return std::move(*value_);
    }

  private:
    std::optional<std::conditional_t<std::is_void_v<Value>, char, Value>> value_;
    std::exception_ptr failure_;
};

template <class Work, class View>
class RequestAwaiter {
    // Owned by the awaiter, which may be destroyed first, and by the request in the queue.
    struct State {
        Outcome<Work, View> outcome;
        std::coroutine_handle<> waiter;  // read and cleared on the awaiting thread only
    };

    class Waiting : public Request {
      public:
        Waiting(Work work, std::shared_ptr<State> state)
            : work_(std::move(work)), state_(std::move(state)), home_(Executor::current()) {}
        void run(Transaction& transaction) override { state_->outcome.run(work_, transaction); }
        void finish(std::exception_ptr failure) override {
            if (failure) state_->outcome.fail(std::move(failure));
            home_.post([state = std::move(state_)] {
                if (auto waiter = state->waiter) waiter.resume();
            });
        }

      private:
        Work work_;
        std::shared_ptr<State> state_;
        Executor& home_;
    };

  public:
    RequestAwaiter(Database& database, Work work) : database_(database), work_(std::move(work)) {}
    ~RequestAwaiter() {
        if (state_) state_->waiter = nullptr;
    }
    RequestAwaiter(RequestAwaiter&&) = delete;

    bool await_ready() const noexcept { return false; }
    void await_suspend(std::coroutine_handle<> caller) {
        state_ = std::make_shared<State>();
        state_->waiter = caller;
        database_.submit(std::make_unique<Waiting>(std::move(work_), state_), static_cast<View*>(nullptr));
    }
    ResultOf<Work, View> await_resume() { return state_->outcome.take(); }

  private:
    Database& database_;
    Work work_;
    std::shared_ptr<State> state_;
};

template <class Work, class View>
class Blocking : public Request {
  public:
    Blocking(Work& work, Outcome<Work, View>& outcome) : work_(work), outcome_(outcome) {}
    std::future<void> done() { return done_.get_future(); }
    void run(Transaction& transaction) override { outcome_.run(work_, transaction); }
    void finish(std::exception_ptr failure) override {
        if (failure) outcome_.fail(std::move(failure));
        done_.set_value();
    }

  private:
    Work& work_;
    Outcome<Work, View>& outcome_;
    std::promise<void> done_;
};

}  // namespace detail

template <class Work>
std::invoke_result_t<Work&, Transaction&> Database::write_now(Work work) {
    return wait_for<Transaction>(work);
}

template <class Work>
std::invoke_result_t<Work&, Snapshot&> Database::read_now(Work work) {
    return wait_for<Snapshot>(work);
}

template <class View, class Work>
std::invoke_result_t<Work&, View&> Database::wait_for(Work& work) {
    detail::Outcome<Work, View> outcome;
    auto request = std::make_unique<detail::Blocking<Work, View>>(work, outcome);
    const auto done = request->done();
    submit(std::move(request), static_cast<View*>(nullptr));
    done.wait();
    return outcome.take();
}

}  // namespace chancery::storage
