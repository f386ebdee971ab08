#include "journal/checkpoint.h"

#include <algorithm>
#include <charconv>

#include "base/bytes.h"
#include "base/crypto.h"

namespace chancery::journal {
namespace {

constexpr std::string_view dash = "\u2014 ", time_label = "time ";
constexpr char ed25519 = 1;

std::string body_of(const Checkpoint& checkpoint) {
    return checkpoint.origin + "\n" + std::to_string(checkpoint.size) + "\n" +
           to_base64(view(checkpoint.root)) + "\n" + std::string(time_label) + to_iso(checkpoint.time) + "\n";
}

std::optional<std::string_view> take_line(std::string_view& text) {
    const auto end = text.find('\n');
    if (end == std::string_view::npos) return std::nullopt;
    const auto line = text.substr(0, end);
    text.remove_prefix(end + 1);
    return line;
}

std::optional<std::uint64_t> parse_size(std::string_view text) {
    std::uint64_t size = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), size);
    if (error != std::errc() || end != text.data() + text.size() || std::to_string(size) != text)
        return std::nullopt;
    return size;
}

std::optional<Checkpoint> parse_body(std::string_view body) {
    const auto origin = take_line(body), size_text = take_line(body), root_text = take_line(body);
    if (!origin || !size_text || !root_text || origin->empty()) return std::nullopt;
    const auto size = parse_size(*size_text);
    const auto root = from_base64(*root_text);
    if (!size || !root || root->size() != 32) return std::nullopt;
    Checkpoint checkpoint{.origin = std::string(*origin), .size = *size};
    std::copy(root->begin(), root->end(), checkpoint.root.begin());
    while (const auto extension = take_line(body)) {
        if (extension->empty()) return std::nullopt;
        if (!extension->starts_with(time_label)) continue;
        const auto time = parse_iso(extension->substr(time_label.size()));
        if (!time) return std::nullopt;
        checkpoint.time = *time;
    }
    return checkpoint;
}

bool is_signature_by(std::string_view line, const VerifierKey& key, std::string_view body) {
    if (!line.starts_with(dash)) return false;
    line.remove_prefix(dash.size());
    const auto space = line.find(' ');
    if (space == std::string_view::npos || line.substr(0, space) != key.name) return false;
    const auto bytes = from_base64(line.substr(space + 1));
    return bytes && bytes->size() == 68 && bytes->substr(0, 4) == key.id() &&
           ed25519_verify(key.public_key, body, bytes->substr(4));
}

}  // namespace

std::string VerifierKey::id() const {
    return std::string(view(sha256({name, "\n", std::string_view(&ed25519, 1), public_key})).substr(0, 4));
}

std::string VerifierKey::to_text() const {
    return name + "+" + to_hex(id()) + "+" + to_base64(ed25519 + public_key);
}

std::optional<VerifierKey> VerifierKey::parse(std::string_view text) {
    while (!text.empty() && (text.back() == '\n' || text.back() == '\r')) text.remove_suffix(1);
    const auto first = text.find('+');  // base64 has plus signs too; names have none (signed note)
    const auto second = first == text.npos ? first : text.find('+', first + 1);
    if (second == text.npos) return std::nullopt;
    const auto id = from_hex(text.substr(first + 1, second - first - 1));
    const auto bytes = from_base64(text.substr(second + 1));
    if (!id || !bytes || bytes->size() != 33 || bytes->front() != ed25519) return std::nullopt;
    VerifierKey key{.name = std::string(text.substr(0, first)), .public_key = bytes->substr(1)};
    if (key.name.empty() || key.id() != *id) return std::nullopt;
    return key;
}

void sign(Checkpoint& checkpoint, const Key& seed) {
    const VerifierKey key{.name = checkpoint.origin, .public_key = ed25519_public(seed)};
    const auto body = body_of(checkpoint);
    checkpoint.note = body + "\n" + std::string(dash) + key.name + " " +
                      to_base64(key.id() + ed25519_sign(seed, body)) + "\n";
}

std::optional<Checkpoint> parse_note(std::string_view note) {
    auto checkpoint = parse_body(note.substr(0, note.find("\n\n") + 1));
    if (checkpoint) checkpoint->note = std::string(note);
    return checkpoint;
}

std::optional<Checkpoint> open_note(std::string_view note, const VerifierKey& key) {
    const auto blank = note.find("\n\n");
    if (blank == note.npos) return std::nullopt;
    const auto body = note.substr(0, blank + 1);
    auto signatures = note.substr(blank + 2);
    bool is_signed = false;
    while (const auto line = take_line(signatures)) {
        if (!line->starts_with(dash)) return std::nullopt;
        is_signed = is_signed || is_signature_by(*line, key, body);
    }
    if (!is_signed || !signatures.empty()) return std::nullopt;
    auto checkpoint = parse_note(note);
    if (!checkpoint || checkpoint->origin != key.name) return std::nullopt;
    return checkpoint;
}

std::optional<std::string_view> take_note(std::string_view& notes) {
    const auto blank = notes.find("\n\n");
    if (blank == notes.npos) return std::nullopt;
    auto end = blank + 2;
    do {  // at least one line behind the blank one, then every signature line
        end = notes.find('\n', end);
        if (end == notes.npos) return std::nullopt;
        ++end;
    } while (notes.substr(end).starts_with(dash));
    const auto note = notes.substr(0, end);
    notes.remove_prefix(end);
    return note;
}

CheckpointFile::CheckpointFile(const std::filesystem::path& path, Disk& disk)
    : file_(path, File::Mode::create, disk) {
    // A note has some 250 bytes; the last two are in any case within the last 64 KiB, however long the domain
    // is.
    const auto size = file_.size(), from = size - std::min<std::uint64_t>(size, 64 << 10);
    const auto text = file_.read_at(from, size - from);
    std::string_view rest(text);
    if (from > 0) {  // begin behind a signature, which is where a note begins
        const auto line = rest.find("\n" + std::string(dash));
        rest.remove_prefix(line == rest.npos ? rest.size() : rest.find('\n', line + 1) + 1);
    }
    while (const auto note = take_note(rest)) last_ = *note;
    end_ = size - rest.size();
    if (!rest.empty()) file_.truncate(end_);
}

void CheckpointFile::append(const std::string& note) {
    file_.write_at(end_, note);
    file_.sync();
    end_ += note.size();
    last_ = note;
}

}  // namespace chancery::journal
