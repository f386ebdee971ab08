// Which record is where: the list of segments, the offsets in the growing one, and their open files.
//
// Concurrency: the journal's thread changes it, any thread reads it; one reader-writer lock, held for
// nanoseconds. Limits: 4 bytes a record of the growing segment, 40 a segment, 128 open files.
#pragma once
#include <memory>
#include <mutex>
#include <optional>
#include <shared_mutex>
#include <span>
#include <unordered_map>
#include <utility>
#include <vector>

#include "journal/disk.h"
#include "journal/format.h"

namespace chancery::journal {

struct Segment {
    std::uint32_t number = 0;
    Position first = 0;
    std::uint32_t count = 0;        // records
    std::uint32_t records_end = 0;  // bytes: header and records

    bool operator==(const Segment&) const = default;
};

class Catalog {
  public:
    explicit Catalog(std::filesystem::path folder) : folder_(std::move(folder)) {}

    /// Adds the next segment, or puts one in the place of the last if that has no records and the same
    /// number. The last one added is the growing one; the ones before it are sealed.
    void add(const Segment& segment, std::vector<std::uint32_t> offsets = {});
    /// Records were added to the last segment.
    void extend(std::span<const std::uint32_t> offsets, std::uint32_t records_end);

    /// Where the record is; nothing for a position that there is not. @throws FileError when a footer is
    /// unreadable
    std::optional<Location> locate(Position position) const;

    /// Where consecutive records of one segment are.
    struct Stretch {
        Segment segment;
        Position first = 0;
        std::vector<std::uint32_t> offsets;  // of the records from `first` on, and where the last one ends

        bool has(Position position) const { return position >= first && position - first + 1 < offsets.size(); }
        /// Where a record that it has begins and ends.
        std::pair<std::uint32_t, std::uint32_t> extent(Position position) const {
            return {offsets[position - first], offsets[position - first + 1]};
        }
    };
    /// Makes it a stretch around the position, which it then has; false for a position that there is not.
    /// @throws FileError when a footer is unreadable
    bool stretch_around(Position position, Stretch& stretch) const;
    std::optional<Segment> segment(std::uint32_t number) const;
    std::optional<Segment> last() const;
    std::uint32_t size() const;
    std::uint64_t bytes() const;
    Position end() const;
    /// The offsets of the last segment's records, as in its footer.
    std::string last_offsets() const;

    /// The segment's file, open for reading. @throws FileError
    std::shared_ptr<const File> file(
        std::uint32_t number) const;  // shared by the readers at work and this table
    /// Has files opened anew at their next use: one may have been put back from a backup.
    void forget_files();
    std::filesystem::path path_of(std::uint32_t number) const { return folder_ / segment_name(number); }

  private:
    bool find(Position position, Segment& segment) const;
    void read_offsets(const Segment& segment, std::uint32_t index, std::span<std::uint32_t> offsets) const;

    const std::filesystem::path folder_;
    mutable std::shared_mutex guard_;
    std::vector<Segment> segments_;       // by number, from 0
    std::vector<std::uint32_t> offsets_;  // of the last segment's records
    std::uint64_t sealed_bytes_ = 0;
    mutable std::mutex files_guard_;
    mutable std::unordered_map<std::uint32_t, std::shared_ptr<const File>> files_;
};

}  // namespace chancery::journal
