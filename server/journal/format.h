// The bytes of a segment file: its header, its records, its footer. docs/journal-format.md says the same in
// prose.
//
// A segment is [segment header][record]…[record][zeros written ahead] while it grows, and
// [segment header][record]…[record][u32 offset of every record][trailer] once it is sealed.
#pragma once
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include "base/time.h"

namespace chancery::journal {

/// The place of a record in the order of all records, over all segments: 0, 1, 2, …
using Position = std::uint64_t;

/// Where a record's bytes are.
struct Location {
    std::uint32_t segment = 0;
    std::uint32_t offset = 0;

    std::uint64_t packed() const { return std::uint64_t{segment} << 32 | offset; }
    static Location unpack(std::uint64_t packed) {
        return {std::uint32_t(packed >> 32), std::uint32_t(packed)};
    }
    bool operator==(const Location&) const = default;
};

/// What a record is about. Open-ended: readers pass over kinds that they do not know.
enum class Kind : std::uint16_t { message = 1, presence = 2, iq = 3, admin = 4, audit = 5, mark = 6, file = 7 };

/// Bits that mean something to core/ and archive/ and nothing to the journal.
namespace flag {
inline constexpr std::uint16_t deliverable = 1;  // must reach a local user
inline constexpr std::uint16_t refused = 2;      // policy refused it
}  // namespace flag

struct SegmentHeader {
    char magic[8];
    std::uint32_t number;
    std::uint32_t reserved;
    std::uint64_t first;   // position of the first record
    std::int64_t created;  // µs since 1970
    char journal[16];      // random, the same in every segment of one journal
    char unused[12];
    std::uint32_t crc;  // of all bytes before
};
static_assert(sizeof(SegmentHeader) == 64);

struct RecordHeader {
    std::uint32_t crc;     // of all bytes of the record after this field
    std::uint32_t length;  // of the whole record
    std::uint64_t position;
    std::int64_t time;   // µs since 1970; never less than the record's before
    std::uint16_t kind;  // from here 8 bytes are the associated data of the encryption
    std::uint16_t flags;
    std::uint32_t key_slot;
    std::uint32_t
        batch_index;  // every record before position - batch_index was durable when this one was written
    char nonce[12];
};
static_assert(sizeof(RecordHeader) == 48);
inline constexpr std::size_t associated_offset = 24, associated_size = 8;

struct Trailer {
    char magic[8];
    std::uint32_t number;
    std::uint32_t count;
    std::uint64_t first;
    std::uint32_t records_end;  // where the offsets begin
    std::uint32_t offsets_crc;
    std::uint32_t reserved;
    std::uint32_t crc;  // of all bytes of the trailer before
};
static_assert(sizeof(Trailer) == 40);

inline constexpr std::size_t smallest_record = sizeof(RecordHeader) + 16;
/// The largest text of one record. A stanza is limited to 256 KiB by default; this leaves room for sixteen
/// MiB.
inline constexpr std::size_t largest_plaintext = 16u << 20;
inline constexpr std::size_t largest_record = smallest_record + largest_plaintext;

std::string segment_name(std::uint32_t number);
/// The number in a segment's file name; nothing when it is not one.
std::optional<std::uint32_t> segment_number(const std::filesystem::path& path);

std::string make_segment_header(std::uint32_t number, Position first, Time created, std::string_view journal);
/// Nothing when it is too short, of another kind or damaged.
std::optional<SegmentHeader> read_segment_header(std::string_view bytes);

/// Fills in what is known only when a record gets its place, and the CRC. `record` is the whole record.
void place_record(char* record, std::size_t size, Position position, Time time, std::uint32_t batch_index);
RecordHeader record_header(std::string_view bytes);
/// The header of the record that `bytes` begin with; nothing unless it is whole and undamaged.
std::optional<RecordHeader> intact_record(std::string_view bytes);

/// Offsets and trailer. `offsets` has 4 bytes for each record.
std::string make_footer(std::uint32_t number, Position first, std::uint32_t records_end,
                        std::string_view offsets);
/// The trailer that a sealed segment of `file_size` bytes ends with; nothing when it is not sealed (or
/// damaged).
std::optional<Trailer> read_trailer(std::string_view last_bytes, std::uint64_t file_size);

/// Looks in what follows a damaged record for the next whole one with a position after `position`; npos if
/// none.
std::size_t find_next_record(std::string_view bytes, std::size_t from, Position position);

}  // namespace chancery::journal
