#include "journal/reader.h"

#include <algorithm>

namespace chancery::journal {

constexpr std::size_t block_size = 256 << 10;

bool RecordReader::place() {
    const auto location = catalog_.locate(position_);
    if (!location) return false;
    const auto segment = catalog_.segment(location->segment);
    if (!segment) return false;
    segment_ = *segment;
    at_ = *location;
    block_.clear();
    return is_placed_ = true;
}

/// The bytes from at_ on: at least `size`, unless the segment's records end before.
std::string_view RecordReader::have(std::size_t size) {
    if (at_.offset < block_at_ || at_.offset + size > block_at_ + block_.size()) {
        const auto left = segment_.records_end - std::min(segment_.records_end, at_.offset);
        block_at_ = at_.offset;
        const auto file = catalog_.file(at_.segment);
        const auto most = std::min<std::size_t>(left, std::max(size, block_size));  // libstdc++ 12 may name a larger one below
        block_.resize_and_overwrite(most, [&](char* bytes, std::size_t) { return file->read_at(block_at_, bytes, most); });
    }
    return std::string_view(block_).substr(at_.offset - block_at_);
}

std::optional<RawRecord> RecordReader::next(Position end) {
    if (position_ >= end) return std::nullopt;
    if ((!is_placed_ || position_ >= segment_.first + segment_.count) && !place()) return std::nullopt;
    auto bytes = have(sizeof(RecordHeader));
    if (bytes.size() >= sizeof(RecordHeader))
        bytes = have(std::min<std::size_t>(record_header(bytes).length, largest_record));
    const auto header = intact_record(bytes);
    RawRecord record{
        .position = position_, .location = at_, .intact = header && header->position == position_};
    record.bytes = bytes.substr(0, record.intact ? header->length : smallest_record);
    ++position_;
    if (record.intact)
        at_.offset += header->length;
    else
        is_placed_ = false;
    return record;
}

}  // namespace chancery::journal
