// A block of a run: posting lists in order of their terms, in a little less than a page of the database.
//
// An entry is [u64 term][varint size × 2 + has_roles][varint last place][postings]; a block is [u32 CRC32C][entries].
// With roles, [varint before][varint counted] stand before the postings: how long a history is, and where a record is in
// it, is known without unpacking all of it.
#pragma once
#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "archive/posting.h"

namespace chancery::archive {

/// What fits into a page of 4096 bytes of SQLite together with its row's header.
inline constexpr std::size_t block_limit_bytes = 4'050;
/// One list's bytes within a block; a longer list goes on in the next entry.
inline constexpr std::size_t postings_limit_bytes = 1'000;

/// Where a block begins: a run's directory has one for each.
struct BlockStart {
    Term term = 0;
    std::uint32_t place = 0;
    friend auto operator<=>(const BlockStart&, const BlockStart&) = default;
};

/// @throws IndexDamaged unless its CRC says that the block is as it was written
void check_block(std::string_view block);

/// Reads the entries of a block that was checked, first to last. @throws IndexDamaged
class BlockReader {
  public:
    /// The bytes must outlive the reader.
    explicit BlockReader(std::string_view block);
    /// The next entry; nothing at the end.
    std::optional<Piece> next();

  private:
    const char* at_;
    const char* end_;
};

/// All postings of a piece, appended. @throws IndexDamaged
void append_postings(const Piece& piece, std::vector<Posting>& out);

}  // namespace chancery::archive
