// Reads records one after the other, as they are on disk.
#pragma once
#include "journal/catalog.h"

namespace chancery::journal {

struct RawRecord {
    Position position = 0;
    Location location;
    bool intact = false;     // else `bytes` is what there is, and nothing in it can be trusted
    std::string_view bytes;  // valid until the next call
    RecordHeader header() const { return record_header(bytes); }
};

/// Not for several threads at once; any number of readers beside each other.
class RecordReader {
  public:
    RecordReader(const Catalog& catalog, Position from) : catalog_(catalog), position_(from) {}

    /// The next record with a position below `end`; nothing when there is none (yet). A damaged one is passed
    /// over by the next call. @throws FileError
    std::optional<RawRecord> next(Position end);
    Position position() const { return position_; }

  private:
    bool place();
    std::string_view have(std::size_t size);

    const Catalog& catalog_;
    Position position_;
    Segment segment_;  // as it was when place() was called: nothing behind its records is ever read
    Location at_;
    std::string block_;
    std::uint32_t block_at_ = 0;
    bool is_placed_ = false;
};

}  // namespace chancery::journal
