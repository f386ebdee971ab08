#include "archive/sources.h"

#include <algorithm>

#include "archive/not_ready.h"
#include "journal/journal.h"

namespace chancery::archive {
namespace {

Time time_of(const journal::Journal& journal, Position position) {
    if (const auto entry = journal.read(position)) return entry->time;
    Time time{};  // erased: what it said is gone, but not when
    journal.scan_headings(position, [&](const journal::Heading& heading) {
        time = heading.time;
        return false;
    });
    return time;
}

}  // namespace

void Moment::leave_to_index() {
    if (covered_from_ > index_end()) throw NotReady("the archive's index is behind");
    std::erase_if(tail_, [this](const TailEntry& entry) { return entry.position < index_end(); });
}

Position first_at_or_after(const Index& index, const journal::Journal& journal, Time time) {
    const auto micros = to_micros(time);
    const auto found = std::ranges::lower_bound(index.runs, micros, {}, [](const RunPtr& run) { return run->last_time; });
    if (found == index.runs.end()) return index.end();
    const Run& run = **found;
    const auto next = std::ranges::lower_bound(run.times, micros, {}, &TimeMark::time);
    if (next == run.times.begin()) return run.first;
    // The mark before is earlier than the time, the next one is not: the record lies between.
    auto from = run.first + std::prev(next)->place + 1;
    auto to = next == run.times.end() ? run.end() : run.first + next->place;
    while (from < to) {
        const auto middle = from + (to - from) / 2;
        if (time_of(journal, middle) < time) from = middle + 1;
        else to = middle;
    }
    return from;
}

}  // namespace chancery::archive
