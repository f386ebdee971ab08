// The texts that chancery-verify reads: base64, files, signed notes, and the JSON of proofs. Strict: what is
// not exactly in the documented form is refused. Written apart from the server's code, so that one's mistake
// is not the other's.
#pragma once
#include <cstdint>
#include <map>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "base/hash.h"

namespace chancery::verify {

/// Something cannot be read at all: exit status 2.
struct Unreadable : std::runtime_error {
    using std::runtime_error::runtime_error;
};

std::string read_file(const std::string& path);
/// RFC 4648 §4, strict.
std::optional<std::string> decode_base64(std::string_view text);
std::optional<Digest> decode_digest(std::string_view base64);

/// The C2SP text form of a public key: name+8 hex digits+base64(0x01 || 32 bytes). @throws Unreadable
struct PublicKey {
    std::string name;
    std::string bytes;
    std::string id;  // 4 bytes
    static PublicKey parse(std::string_view text);
};

struct Note {
    std::string origin, time;
    std::uint64_t size = 0;
    Digest root{};
};

/// A checkpoint with a good signature by this key. Otherwise `why` says what is wrong, for people.
std::optional<Note> open_note(std::string_view text, const PublicKey& key, std::string& why);

/// Cuts a text of notes into notes; `rest` is what is left of an unfinished one.
std::vector<std::string_view> split_notes(std::string_view text, std::string_view& rest);

/// A JSON object whose values are strings, whole numbers or lists of strings: all that proofs need.
struct Json {
    std::map<std::string, std::string> strings;
    std::map<std::string, std::uint64_t> numbers;
    std::map<std::string, std::vector<std::string>> lists;
    /// @throws Unreadable
    static Json parse(std::string_view text);
};

}  // namespace chancery::verify
