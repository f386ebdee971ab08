#include "base/executor.h"

#include <cstdio>
#include <cstdlib>

namespace chancery {
namespace {
thread_local Executor* current_executor = nullptr;
}

Executor& Executor::current() {
    if (current_executor) return *current_executor;
    std::fputs("chancery: bug: a task waits on a thread that is no executor\n", stderr);
    std::abort();
}

void Executor::set_current(Executor* executor) { current_executor = executor; }

Workers::Workers(unsigned threads) {
    for (unsigned i = 0; i < threads; ++i) threads_.emplace_back([this] { serve(); });
}

Workers::~Workers() {
    {
        const std::lock_guard lock(guard_);
        stopping_ = true;
    }
    wake_.notify_all();
}

void Workers::post(Job job) {
    {
        const std::lock_guard lock(guard_);
        queue_.push_back(std::move(job));
    }
    wake_.notify_one();
}

void Workers::serve() {
    while (true) {
        std::unique_lock lock(guard_);
        wake_.wait(lock, [this] { return stopping_ || !queue_.empty(); });
        if (queue_.empty()) return;
        auto job = std::move(queue_.front());
        queue_.pop_front();
        ++running_;
        lock.unlock();
        job();
        job = {};  // what it holds goes before it counts as done
        lock.lock();
        if (--running_ == 0 && queue_.empty()) idle_.notify_all();
    }
}

void Workers::drain() {
    std::unique_lock lock(guard_);
    idle_.wait(lock, [this] { return running_ == 0 && queue_.empty(); });
}

}  // namespace chancery
