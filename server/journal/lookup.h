// Reads single records here and there, as a page of somebody's history does.
//
// What was needed to find one record mostly serves for the next: the segment and its open file, a stretch of offsets, the
// key of the conversation, and, where records lie close to each other, their bytes.
#pragma once
#include "journal/journal.h"

namespace chancery::journal {

/// For one query, on one thread: a key that is destroyed meanwhile may serve until its end.
class Lookup {
  public:
    explicit Lookup(const Journal& journal) : journal_(journal) {}

    /// As Journal::read(position). @throws FileError
    Result<Entry, ReadError> read(Position position);

  private:
    std::string_view bytes_of(std::uint32_t offset, std::uint32_t end);

    const Journal& journal_;
    Catalog::Stretch stretch_;
    std::shared_ptr<const File> file_;  // of the stretch's segment
    DataKeys::DataKeyPtr key_;
    std::string block_;
    std::uint32_t block_at_ = 0, last_at_ = 0;
};

}  // namespace chancery::journal
