#include "journal/pending.h"

namespace chancery::journal {

void Queue::push(Pending& pending) {
    pending.next = newest_.load(std::memory_order_relaxed);
    while (!newest_.compare_exchange_weak(pending.next, &pending)) {
    }
    if (asleep_.load()) nudge();
}

void Queue::nudge() {
    const std::lock_guard lock(guard_);
    nudged_ = true;
    wake_.notify_one();
}

Pending* Queue::take(Deadline deadline) {
    if (!newest_.load()) {
        std::unique_lock lock(guard_);
        asleep_ = true;  // from here on a push nudges; one that came before is seen by the predicate
        wake_.wait_until(lock, deadline, [this] { return newest_.load() || closed_ || nudged_; });
        asleep_ = false;
        nudged_ = false;
    }
    Pending* newest = newest_.exchange(nullptr);
    Pending* oldest = nullptr;
    while (newest) {
        auto* before = newest->next;
        newest->next = oldest;
        oldest = newest;
        newest = before;
    }
    return oldest;
}

void Queue::close() {
    const std::lock_guard lock(guard_);
    closed_ = true;
    wake_.notify_one();
}

}  // namespace chancery::journal
