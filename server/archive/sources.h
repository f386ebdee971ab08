// What a query reads from.
#pragma once
#include <vector>

#include "archive/owner.h"
#include "archive/reading.h"
#include "archive/tail.h"
#include "base/time.h"

namespace chancery::journal {
class Journal;
}

namespace chancery::archive {

struct Sources {
    const journal::Journal& journal;
    const Owners& owners;
    const Tail& tail;
    Readers& readers;
};

/// One query's moment: a snapshot of the index, and those records behind its end that the query asks for.
///
/// Surprising: the tail is looked at first. The index may take records over meanwhile, but none is lost between the two.
class Moment {
  public:
    /// @throws NotReady when the index does not reach up to the tail
    template <class Predicate>
    Moment(const Sources& sources, Predicate matches)
        : tail_(sources.tail.select(covered_from_, matches)), reading_(sources.readers) {
        leave_to_index();
    }

    Reading& reading() { return reading_; }
    Position index_end() const { return reading_.index().end(); }
    /// By position, none of which is in the index.
    const std::vector<TailEntry>& tail() const { return tail_; }

  private:
    void leave_to_index();

    Position covered_from_ = 0;
    std::vector<TailEntry> tail_;
    Reading reading_;
};

/// The first position in the index whose record is of this time or later; the index's end if there is none.
/// @throws journal::FileError
Position first_at_or_after(const Index& index, const journal::Journal& journal, Time time);

}  // namespace chancery::archive
