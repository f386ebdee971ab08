#include "archive/run_builder.h"

#include <cstring>

#include "archive/varint.h"
#include "base/bytes.h"
#include "journal/crc32c.h"

namespace chancery::archive {
namespace {

constexpr std::size_t largest_entry_head = sizeof(Term) + 4 * largest_varint;
static_assert(sizeof(std::uint32_t) + largest_entry_head + postings_limit_bytes <= block_limit_bytes);

void put_posting(std::string& out, std::uint32_t distance, const Piece& piece) {
    const std::uint64_t value = distance;
    put_varint(out, piece.has_roles ? value << role_bits | piece.first.roles : value);
}

}  // namespace

bool RunBuilder::joins(const Piece& piece) const {
    return is_open_ && open_.term == piece.term && open_.has_roles == piece.has_roles &&
           postings_.size() + piece.rest.size() + largest_varint <= postings_limit_bytes;
}

void RunBuilder::add(const Piece& piece, std::uint32_t shift) {
    const auto place = piece.first.place + shift;
    if (joins(piece)) {
        put_posting(postings_, place - open_.last_place, piece);
        open_.counted += piece.counted;
    } else {
        const bool goes_on = is_open_ && open_.term == piece.term && open_.has_roles == piece.has_roles;
        const auto before = goes_on ? open_.before + open_.counted : 0;
        close_entry();
        is_open_ = true;
        open_ = piece;
        open_.before = before;
        open_.first.place = place;
        put_posting(postings_, place, piece);
    }
    postings_ += piece.rest;
    open_.last_place = piece.last_place + shift;
}

void RunBuilder::close_entry() {
    if (!is_open_) return;
    if (block_.size() + largest_entry_head + postings_.size() > block_limit_bytes) close_block();
    if (block_.empty()) {
        starts_.push_back({open_.term, open_.first.place});
        block_.append(sizeof(std::uint32_t), '\0');  // the CRC, when the rest is known
    }
    put(block_, open_.term);
    put_varint(block_, postings_.size() << 1 | (open_.has_roles ? 1 : 0));
    put_varint(block_, open_.last_place);
    if (open_.has_roles) put_varint(block_, open_.before), put_varint(block_, open_.counted);
    block_ += postings_;
    postings_.clear();
    is_open_ = false;
}

void RunBuilder::close_block() {
    if (block_.empty()) return;
    const auto crc = journal::crc32c(std::string_view(block_).substr(sizeof(std::uint32_t)));
    std::memcpy(block_.data(), &crc, sizeof crc);
    sink_(starts_.size() - 1, block_);
    block_.clear();
}

std::vector<BlockStart> RunBuilder::finish() {
    close_entry();
    close_block();
    return std::move(starts_);
}

}  // namespace chancery::archive
