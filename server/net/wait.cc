#include "net/wait.h"

namespace chancery::net {

void Event::set() {
    set_ = true;
    while (!waiting_.empty()) Shard::current().run_soon(waiting_.pop_front<Resumption>());
}

void Timer::start(std::chrono::milliseconds time, Job callback) {
    callback_ = std::move(callback);
    auto& shard = Shard::current();
    shard.start_timer(*this, shard.after(time));
}

void Timer::cancel() {
    unlink();
    callback_ = nullptr;
}

void Timer::run() {
    auto callback = std::exchange(callback_, nullptr);
    callback();
}

}  // namespace chancery::net
