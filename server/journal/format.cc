#include "journal/format.h"

#include <cstddef>
#include <cstdio>
#include <cstring>

#include "base/bytes.h"
#include "journal/crc32c.h"

namespace chancery::journal {
namespace {

constexpr std::string_view segment_magic = "CHNCSEG1", trailer_magic = "CHNCEND1";

template <class Struct>
std::string_view bytes_of(const Struct& value) {
    return {reinterpret_cast<const char*>(&value), sizeof value};
}

template <class Struct>
std::uint32_t crc_before_last(const Struct& value) {
    return crc32c(bytes_of(value).substr(0, sizeof value - 4));
}

}  // namespace

std::string segment_name(std::uint32_t number) {
    char name[32];
    std::snprintf(name, sizeof name, "%08u.segment", number);
    return name;
}

std::optional<std::uint32_t> segment_number(const std::filesystem::path& path) {
    std::uint32_t number = 0;
    const auto name = path.filename().string();
    for (char c : name.substr(0, name.find('.'))) {
        if (c < '0' || c > '9') return std::nullopt;
        number = number * 10 + std::uint32_t(c - '0');
    }
    if (name != segment_name(number)) return std::nullopt;
    return number;
}

std::string make_segment_header(std::uint32_t number, Position first, Time created,
                                std::string_view journal) {
    SegmentHeader header{};
    segment_magic.copy(header.magic, sizeof header.magic);
    header.number = number;
    header.first = first;
    header.created = to_micros(created);
    journal.copy(header.journal, sizeof header.journal);
    header.crc = crc_before_last(header);
    return std::string(bytes_of(header));
}

std::optional<SegmentHeader> read_segment_header(std::string_view bytes) {
    if (bytes.size() < sizeof(SegmentHeader)) return std::nullopt;
    const auto header = get<SegmentHeader>(bytes.data());
    if (std::string_view(header.magic, sizeof header.magic) != segment_magic) return std::nullopt;
    if (header.crc != crc_before_last(header)) return std::nullopt;
    return header;
}

void place_record(char* record, std::size_t size, Position position, Time time, std::uint32_t batch_index) {
    const auto micros = to_micros(time);
    std::memcpy(record + offsetof(RecordHeader, position), &position, sizeof position);
    std::memcpy(record + offsetof(RecordHeader, time), &micros, sizeof micros);
    std::memcpy(record + offsetof(RecordHeader, batch_index), &batch_index, sizeof batch_index);
    const std::uint32_t crc = crc32c({record + 4, size - 4});
    std::memcpy(record, &crc, sizeof crc);
}

RecordHeader record_header(std::string_view bytes) { return get<RecordHeader>(bytes.data()); }

std::optional<RecordHeader> intact_record(std::string_view bytes) {
    if (bytes.size() < smallest_record) return std::nullopt;
    const auto header = record_header(bytes);
    if (header.length < smallest_record || header.length > largest_record || header.length > bytes.size())
        return std::nullopt;
    if (header.crc != crc32c(bytes.substr(4, header.length - 4))) return std::nullopt;
    return header;
}

std::string make_footer(std::uint32_t number, Position first, std::uint32_t records_end,
                        std::string_view offsets) {
    Trailer trailer{};
    trailer_magic.copy(trailer.magic, sizeof trailer.magic);
    trailer.number = number;
    trailer.count = static_cast<std::uint32_t>(offsets.size() / 4);
    trailer.first = first;
    trailer.records_end = records_end;
    trailer.offsets_crc = crc32c(offsets);
    trailer.crc = crc_before_last(trailer);
    return std::string(offsets).append(bytes_of(trailer));
}

std::optional<Trailer> read_trailer(std::string_view last_bytes, std::uint64_t file_size) {
    if (last_bytes.size() < sizeof(Trailer)) return std::nullopt;
    const auto trailer = get<Trailer>(last_bytes.data() + last_bytes.size() - sizeof(Trailer));
    if (std::string_view(trailer.magic, sizeof trailer.magic) != trailer_magic) return std::nullopt;
    if (trailer.crc != crc_before_last(trailer)) return std::nullopt;
    if (trailer.records_end + std::uint64_t{4} * trailer.count + sizeof(Trailer) != file_size)
        return std::nullopt;
    return trailer;
}

std::size_t find_next_record(std::string_view bytes, std::size_t from, Position position) {
    constexpr Position farthest = 1u << 24;  // more records than a segment can hold
    for (auto at = from; at + smallest_record <= bytes.size(); ++at) {
        const auto header = record_header(bytes.substr(at));
        if (header.position <= position || header.position > position + farthest) continue;
        if (intact_record(bytes.substr(at))) return at;
    }
    return std::string_view::npos;
}

}  // namespace chancery::journal
