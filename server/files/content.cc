#include "files/content.h"

#include <algorithm>
#include <array>

#include "base/bytes.h"
#include "base/crypto.h"

namespace chancery::files {
namespace {

struct Head {
    char magic[8];
    std::uint32_t version, piece;
    std::uint64_t size;           // of the plain file; what stands before here is associated data of the wrapping
    char nonce[nonce_size];
    char wrapped[Key::size + tag_size];
    char reserved[44];
};
constexpr std::size_t head_size = 128, sealed_piece = piece_bytes + tag_size;
static_assert(sizeof(Head) == head_size);
constexpr std::array<char, 8> magic{'C', 'H', 'N', 'C', 'F', 'I', 'L', 'E'};
constexpr std::uint32_t version = 1;

std::string_view associated(const Head& head) { return {reinterpret_cast<const char*>(&head), offsetof(Head, nonce)}; }

/// A key is used for one file alone, so the place of a piece is nonce enough.
std::string nonce_of(std::uint64_t piece) {
    std::string nonce(nonce_size - sizeof piece, '\0');
    put(nonce, piece);
    return nonce;
}

std::string bound_to(std::uint64_t piece, std::uint64_t size) {
    std::string text;
    put(text, piece);
    put(text, size);
    return text;
}

std::uint64_t place_of(std::uint64_t piece) { return head_size + piece * sealed_piece; }

}  // namespace

ContentWriter::ContentWriter(std::filesystem::path path, std::uint64_t size, const Key& wrapping_key)
    : file_(std::move(path), journal::File::Mode::create), size_(size) {
    const auto key = Key::random();
    key_ = std::make_unique<GcmKey>(key);
    Head head{.version = version, .piece = piece_bytes, .size = size};
    std::ranges::copy(magic, head.magic);
    fill_random(head.nonce, sizeof head.nonce);
    gcm_seal(wrapping_key, {head.nonce, sizeof head.nonce}, associated(head), key.reveal()).copy(head.wrapped, sizeof head.wrapped);
    file_.write_at(0, {reinterpret_cast<const char*>(&head), sizeof head});
}

void ContentWriter::add(std::string_view bytes) {
    if (added_ + bytes.size() > size_) throw journal::FileError("more was written than was said to come");
    added_ += bytes.size();
    hash_.add(bytes);
    if (!rest_.empty()) {
        const auto taken = bytes.substr(0, piece_bytes - rest_.size());
        rest_ += taken;
        bytes.remove_prefix(taken.size());
        if (rest_.size() < piece_bytes) return;
        write_pieces(std::exchange(rest_, {}));
    }
    const auto whole = bytes.size() - bytes.size() % piece_bytes;
    write_pieces(bytes.substr(0, whole));
    rest_ = bytes.substr(whole);
}

void ContentWriter::write_pieces(std::string_view bytes) {
    const auto place = place_of(pieces_);
    std::string sealed;
    sealed.reserve(bytes.size() + (bytes.size() / piece_bytes + 1) * tag_size);
    for (; !bytes.empty(); ++pieces_) {
        const auto piece = bytes.substr(0, piece_bytes);
        const auto begin = sealed.size();
        sealed.resize(begin + piece.size() + tag_size);
        key_->seal(nonce_of(pieces_), bound_to(pieces_, size_), piece, sealed.data() + begin);
        bytes.remove_prefix(piece.size());
    }
    if (!sealed.empty()) file_.write_at(place, sealed);
}

Digest ContentWriter::finish() {
    if (added_ != size_) throw journal::FileError("less was written than was said to come");
    write_pieces(std::exchange(rest_, {}));
    file_.sync();
    return hash_.finish();
}

void destroy_key(const std::filesystem::path& path) {
    journal::File file(path, journal::File::Mode::write);
    file.write_at(offsetof(Head, nonce), std::string(sizeof Head::nonce + sizeof Head::wrapped, '\0'));
    file.sync();
}

ContentReader::ContentReader(std::filesystem::path path, const Key& wrapping_key) : file_(std::move(path), journal::File::Mode::read) {
    Head head{};
    const auto read = file_.read_at(0, reinterpret_cast<char*>(&head), sizeof head);
    if (read != sizeof head || !std::ranges::equal(head.magic, magic) || head.version != version || head.piece != piece_bytes)
        throw Damaged(file_.path().string() + " is damaged: its head is not one");
    auto key = gcm_open(wrapping_key, {head.nonce, sizeof head.nonce}, associated(head), {head.wrapped, sizeof head.wrapped});
    if (!key) throw Damaged(file_.path().string() + " is damaged: its key does not open");
    key_ = std::make_unique<GcmKey>(Key(*key));
    OPENSSL_cleanse(key->data(), key->size());
    size_ = head.size;
}

std::string ContentReader::read(std::uint64_t offset, std::size_t length) const {
    if (offset >= size_) return {};
    const auto end = std::min<std::uint64_t>(size_, offset + length);
    const auto first = offset / piece_bytes, last = (end - 1) / piece_bytes;
    const auto sealed = file_.read_at(place_of(first), (last - first + 1) * sealed_piece);
    std::string plain;
    plain.reserve((last - first + 1) * piece_bytes);
    std::string_view rest = sealed;
    for (auto piece = first; piece <= last; ++piece) {
        const auto plain_size = std::min<std::uint64_t>(piece_bytes, size_ - piece * piece_bytes);
        const auto one = rest.substr(0, plain_size + tag_size);
        auto opened = one.size() == plain_size + tag_size ? key_->open(nonce_of(piece), bound_to(piece, size_), one) : std::nullopt;
        if (!opened) throw Damaged(file_.path().string() + " is damaged in its piece " + std::to_string(piece));
        plain += *opened;
        rest.remove_prefix(one.size());
    }
    return plain.substr(offset - first * piece_bytes, end - offset);
}

}  // namespace chancery::files
