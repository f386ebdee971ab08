// An executor for unit tests: the test's own thread.
#pragma once
#include <chrono>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <stdexcept>

#include "base/executor.h"

namespace chancery::test {

class Loop : public Executor {
  public:
    Loop() { set_current(this); }
    ~Loop() override { set_current(nullptr); }

    void post(Job job) override {
        const std::lock_guard lock(guard_);
        queue_.push_back(std::move(job));
        wake_.notify_one();
    }

    /// Runs jobs until `done()`; throws when nothing arrives for ten seconds.
    template <class Done>
    void run_until(Done done) {
        while (!done()) {
            std::unique_lock lock(guard_);
            if (!wake_.wait_for(lock, std::chrono::seconds(10), [this] { return !queue_.empty(); }))
                throw std::runtime_error("test loop: nothing happens");
            lock.unlock();
            run_ready();
        }
    }

    void run_ready() {
        std::unique_lock lock(guard_);
        while (!queue_.empty()) {
            auto job = std::move(queue_.front());
            queue_.pop_front();
            lock.unlock();
            job();
            lock.lock();
        }
    }

  private:
    std::mutex guard_;
    std::condition_variable wake_;
    std::deque<Job> queue_;
};

}  // namespace chancery::test
