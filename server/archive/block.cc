#include "archive/block.h"

#include "archive/varint.h"
#include "base/bytes.h"
#include "journal/crc32c.h"

namespace chancery::archive {
namespace {

constexpr std::size_t crc_size = sizeof(std::uint32_t);

[[noreturn]] void damaged() { throw IndexDamaged("a block of the index is damaged"); }

std::uint64_t take(const char*& at, const char* end) {
    std::uint64_t value;
    if (!get_varint(at, end, value)) damaged();
    return value;
}

Posting posting_of(std::uint64_t value, bool has_roles) {
    if (!has_roles) return {static_cast<std::uint32_t>(value), 0};
    return {static_cast<std::uint32_t>(value >> role_bits), static_cast<std::uint8_t>(value & ((1 << role_bits) - 1))};
}

}  // namespace

void check_block(std::string_view block) {
    if (block.size() < crc_size) damaged();
    if (get<std::uint32_t>(block.data()) != journal::crc32c(block.substr(crc_size))) damaged();
}

BlockReader::BlockReader(std::string_view block) : at_(block.data() + crc_size), end_(block.data() + block.size()) {}

std::optional<Piece> BlockReader::next() {
    if (at_ == end_) return std::nullopt;
    if (static_cast<std::size_t>(end_ - at_) < sizeof(Term)) damaged();
    Piece piece{.term = get<Term>(at_)};
    at_ += sizeof(Term);
    const auto size_and_kind = take(at_, end_);
    piece.has_roles = (size_and_kind & 1) != 0;
    piece.last_place = static_cast<std::uint32_t>(take(at_, end_));
    if (piece.has_roles) {
        piece.before = static_cast<std::uint32_t>(take(at_, end_));
        piece.counted = static_cast<std::uint32_t>(take(at_, end_));
    }
    const auto size = size_and_kind >> 1;
    if (size > static_cast<std::size_t>(end_ - at_)) damaged();
    const auto* list_end = at_ + size;
    piece.first = posting_of(take(at_, list_end), piece.has_roles);
    piece.rest = {at_, static_cast<std::size_t>(list_end - at_)};
    at_ = list_end;
    return piece;
}

void append_postings(const Piece& piece, std::vector<Posting>& out) {
    out.reserve(out.size() + 1 + piece.rest.size());
    out.push_back(piece.first);
    auto place = piece.first.place;
    const auto* at = piece.rest.data();
    for (const auto* end = at + piece.rest.size(); at != end;) {
        const auto byte = static_cast<unsigned char>(*at);
        auto posting = posting_of(byte < 128 ? (++at, byte) : take(at, end), piece.has_roles);
        place += posting.place;
        posting.place = place;
        out.push_back(posting);
    }
}

}  // namespace chancery::archive
