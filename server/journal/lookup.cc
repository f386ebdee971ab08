#include "journal/lookup.h"

#include <algorithm>

namespace chancery::journal {
namespace {

// A read costs as much as copying some 8 KiB: so much is read at once where the record before was close, and else just the record.
constexpr std::uint32_t close = 2 << 10, block_size = 8 << 10;

}  // namespace

std::string_view Lookup::bytes_of(std::uint32_t offset, std::uint32_t end) {
    const auto block_end = block_at_ + static_cast<std::uint32_t>(block_.size());
    if (offset < block_at_ || end > block_end) {
        auto from = offset, to = end;
        const bool goes_on = !block_.empty();
        if (goes_on && last_at_ > offset && last_at_ - offset <= close)
            from = std::max<std::uint32_t>(sizeof(SegmentHeader), std::max(end, block_size) - block_size);
        else if (goes_on && offset > last_at_ && offset - last_at_ <= close)
            to = std::min(stretch_.segment.records_end, offset + block_size);
        from = std::min(from, offset);
        to = std::max(to, end);
        block_at_ = from;
        const auto size = to - from;  // libstdc++ 12 may name a larger one than it was asked for
        block_.resize_and_overwrite(size, [&](char* bytes, std::size_t) { return file_->read_at(from, bytes, size); });
    }
    last_at_ = offset;
    const auto here = std::string_view(block_).substr(std::min<std::size_t>(offset - block_at_, block_.size()));
    return here.substr(0, end - offset);
}

Result<Entry, ReadError> Lookup::read(Position position) {
    if (position >= journal_.durable_end()) return refusal(ReadError::no_such);
    if (!stretch_.has(position)) {
        const auto segment_before = stretch_.segment.number;
        if (!journal_.catalog_.stretch_around(position, stretch_)) return refusal(ReadError::no_such);
        if (!file_ || stretch_.segment.number != segment_before) {
            file_ = journal_.catalog_.file(stretch_.segment.number);
            block_.clear();
        }
    }
    const auto [offset, end] = stretch_.extent(position);
    if (offset >= end || end > stretch_.segment.records_end || end - offset > largest_record) return journal_.read(position);
    const auto bytes = bytes_of(offset, end);
    const auto header = intact_record(bytes);
    if (!header || header->position != position) return journal_.read(position);  // which says what is wrong
    return journal_.open_record({.position = position,
                                 .location = {stretch_.segment.number, offset},
                                 .intact = true,
                                 .bytes = bytes.substr(0, header->length)},
                                key_);
}

}  // namespace chancery::journal
