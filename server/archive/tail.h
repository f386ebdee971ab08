// The records that are durable but perhaps not indexed yet.
//
// Concurrency: one short lock; the journal's thread takes it once for each of its batches.
#pragma once
#include <deque>
#include <mutex>
#include <span>
#include <vector>

#include "archive/tail_entry.h"

namespace chancery::archive {

class Tail {
  public:
    /// Covers records from this position on.
    Tail(Position from, std::size_t limit) : from_(from), next_(from), limit_(limit) {}

    /// Adds records; how many are not indexed now. What is beyond the limit goes, oldest first.
    std::size_t add(std::span<const TailEntry> entries);
    /// Everything before this position is indexed now. May be told of records before they are added.
    void indexed(Position end);

    /// Every record from this position on is here, if it is durable.
    Position covers_from() const;
    std::size_t size() const;

    /// Copies of the entries for which `matches(entry)`, and from where on the tail was complete at that moment.
    template <class Predicate>
    std::vector<TailEntry> select(Position& covered_from, Predicate matches) const {
        const std::lock_guard lock(guard_);
        covered_from = from_;
        std::vector<TailEntry> found;
        for (const auto& entry : entries_) {
            if (matches(entry)) found.push_back(entry);
        }
        return found;
    }

  private:
    mutable std::mutex guard_;
    std::deque<TailEntry> entries_;  // from from_ on, without gaps
    Position from_, next_;           // next_: of the next entry
    Position indexed_ = 0;
    const std::size_t limit_;
};

}  // namespace chancery::archive
