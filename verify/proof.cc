#include "proof.h"

#include <ctime>
#include <iostream>

namespace chancery::verify {
namespace {

Outcome say_bad(const std::string& what) {
    std::cout << "BAD: " << what << "\n";
    return bad;
}

const std::string& string_in(const Json& json, const char* name) {
    const auto found = json.strings.find(name);
    if (found == json.strings.end()) throw Unreadable(std::string("the proof has no \"") + name + "\"");
    return found->second;
}

std::vector<Digest> path_in(const Json& json) {
    const auto found = json.lists.find("path");
    if (found == json.lists.end()) throw Unreadable("the proof has no \"path\"");
    std::vector<Digest> path;
    for (const auto& item : found->second) {
        const auto digest = decode_digest(item);
        if (!digest) throw Unreadable("the proof's path has something that is no hash");
        path.push_back(*digest);
    }
    return path;
}

/// The root that `path` leads to from a leaf, by the definition (RFC 9162 §2.1.3.1) read backwards: the last
/// step joins the halves of the whole tree. Nothing when the path has another length than it must have.
std::optional<Digest> root_from(const Digest& leaf, std::uint64_t position, std::uint64_t size,
                                const Digest* path, std::size_t steps) {
    if (size == 1) return steps == 0 ? std::optional(leaf) : std::nullopt;
    if (steps == 0) return std::nullopt;
    std::uint64_t half = 1;
    while (half * 2 < size) half *= 2;
    const auto& other = path[steps - 1];
    const bool is_left = position < half;
    const auto below = is_left ? root_from(leaf, position, half, path, steps - 1)
                               : root_from(leaf, position - half, size - half, path, steps - 1);
    if (!below) return std::nullopt;
    return is_left ? parent_hash(*below, other) : parent_hash(other, *below);
}

struct Roots {
    Digest earlier, later;
};

/// The same for consistency (RFC 9162 §2.1.4.1): both roots that the path leads to.
std::optional<Roots> roots_from(std::uint64_t from, std::uint64_t to, bool is_known, const Digest& known,
                                const Digest* path, std::size_t steps) {
    if (from == to) {
        if (is_known) return steps == 0 ? std::optional(Roots{known, known}) : std::nullopt;
        return steps == 1 ? std::optional(Roots{path[0], path[0]}) : std::nullopt;
    }
    if (steps == 0) return std::nullopt;
    std::uint64_t half = 1;
    while (half * 2 < to) half *= 2;
    const auto& other = path[steps - 1];
    if (from <= half) {
        const auto left = roots_from(from, half, is_known, known, path, steps - 1);
        if (!left) return std::nullopt;
        return Roots{left->earlier, parent_hash(left->later, other)};
    }
    const auto right = roots_from(from - half, to - half, false, known, path, steps - 1);
    if (!right) return std::nullopt;
    return Roots{parent_hash(other, right->earlier), parent_hash(other, right->later)};
}

std::uint64_t number_at(std::string_view bytes, std::size_t at, int width) {
    std::uint64_t value = 0;
    for (int i = width; i-- > 0;) value = value << 8 | static_cast<unsigned char>(bytes[at + i]);
    return value;
}

std::string time_text(std::uint64_t micros) {
    const auto seconds = static_cast<std::time_t>(micros / 1'000'000);
    char text[40];
    std::strftime(text, sizeof text, "%Y-%m-%d %H:%M:%S UTC", std::gmtime(&seconds));
    return text;
}

std::optional<Note> checkpoint_in(const Json& json, const char* name, const PublicKey& key) {
    std::string why;
    const auto note = open_note(string_in(json, name), key, why);
    if (!note) {
        say_bad("the checkpoint \"" + std::string(name) + "\" does not hold: " + why + ".");
        return std::nullopt;
    }
    std::cout << "The checkpoint over the first " << note->size << " records was signed by " << note->origin
              << " at " << note->time << ": the signature is good.\n";
    return note;
}

Outcome check_inclusion(const Json& json, const PublicKey& key) {
    const auto note = checkpoint_in(json, "checkpoint", key);
    if (!note) return bad;
    const auto number = json.numbers.find("position");
    if (number == json.numbers.end()) throw Unreadable("the proof has no \"position\"");
    const auto position = number->second;
    const auto record = decode_base64(string_in(json, "record"));
    if (!record || record->size() < 64) throw Unreadable("the proof's record is no record");
    if (number_at(*record, 4, 4) != record->size() || number_at(*record, 8, 8) != position)
        return say_bad("the record is not the one of position " + std::to_string(position) + ".");
    const auto path = path_in(json);
    const auto root = position < note->size
                          ? root_from(leaf_hash(*record), position, note->size, path.data(), path.size())
                          : std::nullopt;
    if (!root || *root != note->root)
        return say_bad("the record is not, byte for byte, the one that was signed at position " +
                       std::to_string(position) + ".");
    std::cout << "GOOD: this record of " << record->size() << " bytes, made at "
              << time_text(number_at(*record, 16, 8)) << ", stood unchanged at position " << position
              << " of the journal of " << note->origin << " when the checkpoint was signed.\n";
    return good;
}

Outcome check_consistency(const Json& json, const PublicKey& key) {
    const auto from = checkpoint_in(json, "from", key), to = checkpoint_in(json, "to", key);
    if (!from || !to) return bad;
    const auto path = path_in(json);
    std::optional<Roots> roots;
    if (from->size == 0) {  // every tree begins with the empty one: there is nothing to lead there
        if (path.empty()) roots = Roots{sha256(std::string_view()), to->root};
    } else if (from->size <= to->size)
        roots = roots_from(from->size, to->size, true, from->root, path.data(), path.size());
    if (!roots || roots->earlier != from->root || roots->later != to->root)
        return say_bad(
            "the later journal does not begin with the earlier one: records were changed, removed or put "
            "in.");
    std::cout << "GOOD: the first " << from->size
              << " records are the same in both: between the two checkpoints "
              << "records were only added.\n";
    return good;
}

}  // namespace

Digest leaf_hash(std::string_view record) { return sha256({std::string_view("\0", 1), record}); }

Digest parent_hash(const Digest& left, const Digest& right) {
    return sha256({"\1", view(left), view(right)});
}

Outcome check_checkpoint(const std::string& text, const PublicKey& key) {
    std::string why;
    const auto note = open_note(text, key, why);
    if (!note) return say_bad("the checkpoint does not hold: " + why + ".");
    std::cout << "GOOD: " << note->origin << " signed at " << note->time << " that its journal had "
              << note->size << " records with this root.\n";
    return good;
}

Outcome check_proof(const std::string& text, const PublicKey& key) {
    const auto json = Json::parse(text);
    const auto& kind = string_in(json, "proof");
    if (kind == "chancery-inclusion-1") return check_inclusion(json, key);
    if (kind == "chancery-consistency-1") return check_consistency(json, key);
    throw Unreadable("the proof is of a kind that this program does not know: " + kind);
}

}  // namespace chancery::verify
