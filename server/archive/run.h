// A run: the index of consecutive records, immutable. The index is a row of runs without gaps between them.
//
// New records become small runs; neighbours are merged into larger ones, so that a posting is written only a few times
// however large the archive grows, and always in order.
#pragma once
#include <memory>
#include <vector>

#include "archive/block.h"
#include "archive/tail_entry.h"

namespace chancery::archive {

using RunId = std::uint64_t;

/// When a record was written.
struct TimeMark {
    std::uint32_t place = 0;
    std::int64_t time = 0;
};

struct Run {
    RunId id = 0;
    Position first = 0;
    std::uint32_t records = 0;
    std::vector<BlockStart> blocks;
    /// From the first record on, one in 64 at most; of an unreadable record that of the readable one before.
    std::vector<TimeMark> times;
    std::int64_t last_time = 0;

    static constexpr std::uint32_t stride = 64;
    /// Notes the time of the record at this place, unless the last mark is near.
    void mark(std::uint32_t place, std::int64_t time) {
        if (times.empty() || place - times.back().place >= stride) times.push_back({place, time});
    }
    Position end() const { return first + records; }
    /// The row of a block: its number behind the run's id.
    static std::uint64_t block_row(RunId run, std::size_t number) { return run << 24 | number; }
};

// Shared by the index that is in force and by the readers of the one before.
using RunPtr = std::shared_ptr<const Run>;

/// The state of the index between two commits.
struct Index {
    std::uint64_t stamp = 0;    ///< random, of the file
    std::uint64_t version = 0;  ///< of its commits
    std::vector<RunPtr> runs;   ///< by position
    Position end() const { return runs.empty() ? 0 : runs.back()->end(); }
    std::int64_t last_time() const { return runs.empty() ? 0 : runs.back()->last_time; }
};
using IndexPtr = std::shared_ptr<const Index>;  // shared by the indexer and the readers at work

}  // namespace chancery::archive
