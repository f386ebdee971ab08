// A lock that tasks of one thread wait for without blocking it: for a change that spans a wait (read, write, apply).
#pragma once
#include <coroutine>
#include <list>
#include <utility>

namespace chancery {

/// First come, first served. Destroying a waiting task withdraws its wait.
class AsyncMutex {
  public:
    class [[nodiscard]] Guard {
      public:
        explicit Guard(AsyncMutex& mutex) : mutex_(&mutex) {}
        Guard(Guard&& other) noexcept : mutex_(std::exchange(other.mutex_, nullptr)) {}
        ~Guard() {
            if (mutex_) mutex_->unlock();
        }

      private:
        AsyncMutex* mutex_;
    };

    class Awaiter {
      public:
        explicit Awaiter(AsyncMutex& mutex) : mutex_(mutex) {}
        Awaiter(const Awaiter&) = delete;
        ~Awaiter() {
            if (waiting_) mutex_.waiting_.remove(this);
        }
        bool await_ready() const { return !std::exchange(mutex_.locked_, true); }
        void await_suspend(std::coroutine_handle<> caller) {
            caller_ = caller;
            waiting_ = true;
            mutex_.waiting_.push_back(this);
        }
        Guard await_resume() const { return Guard(mutex_); }

      private:
        friend class AsyncMutex;
        AsyncMutex& mutex_;
        std::coroutine_handle<> caller_;
        bool waiting_ = false;
    };

    /// `auto guard = co_await mutex.lock();`
    Awaiter lock() { return Awaiter(*this); }
    bool locked() const { return locked_; }

  private:
    void unlock() {
        locked_ = false;
        if (passing_on_) return;  // the loop below goes on: the stack does not grow with the queue
        passing_on_ = true;
        while (!locked_ && !waiting_.empty()) {
            auto* next = waiting_.front();  // the one that waited longest
            waiting_.pop_front();
            locked_ = true;
            next->waiting_ = false;
            next->caller_.resume();
        }
        passing_on_ = false;
    }

    bool locked_ = false;
    bool passing_on_ = false;
    std::list<Awaiter*> waiting_;
};

}  // namespace chancery
