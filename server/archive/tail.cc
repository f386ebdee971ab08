#include "archive/tail.h"

#include <algorithm>

namespace chancery::archive {

std::size_t Tail::add(std::span<const TailEntry> entries) {
    const std::lock_guard lock(guard_);
    for (const auto& entry : entries) {
        if (entry.position != next_) {  // what lies between was never told: only the index can cover it
            entries_.clear();
            from_ = entry.position;
        }
        next_ = entry.position + 1;
        if (entry.position < indexed_) from_ = next_;
        else entries_.push_back(entry);
    }
    while (entries_.size() > limit_) from_ = entries_.front().position + 1, entries_.pop_front();
    return entries_.size();
}

void Tail::indexed(Position end) {
    const std::lock_guard lock(guard_);
    indexed_ = end;
    while (!entries_.empty() && entries_.front().position < end)
        from_ = entries_.front().position + 1, entries_.pop_front();
}

Position Tail::covers_from() const {
    const std::lock_guard lock(guard_);
    return from_;
}

std::size_t Tail::size() const {
    const std::lock_guard lock(guard_);
    return entries_.size();
}

}  // namespace chancery::archive
