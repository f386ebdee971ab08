#include "text.h"

#include <algorithm>
#include <fstream>

namespace chancery::verify {
namespace {

constexpr std::string_view signature_mark = "\xe2\x80\x94 ";  // an em dash and a space

/// Reads JSON from left to right.
class JsonReader {
  public:
    explicit JsonReader(std::string_view text) : text_(text) {}

    Json object() {
        Json json;
        expect('{');
        do {
            auto name = string();
            if (json.strings.contains(name) || json.numbers.contains(name) || json.lists.contains(name))
                fail("a name stands twice");
            expect(':');
            value(json, name);
        } while (accept(','));
        expect('}');
        if (skip() != '\0' || at_ != text_.size()) fail("something follows the end");
        return json;
    }

  private:
    [[noreturn]] void fail(const std::string& what) const {
        throw Unreadable("the proof is no well-formed JSON of ours: " + what + " at byte " +
                         std::to_string(at_));
    }

    char skip() {
        while (at_ < text_.size() && std::string_view(" \t\r\n").find(text_[at_]) != std::string_view::npos)
            ++at_;
        return at_ < text_.size() ? text_[at_] : '\0';
    }
    bool accept(char c) {
        if (skip() != c) return false;
        ++at_;
        return true;
    }
    void expect(char c) {
        if (!accept(c)) fail(std::string("there is no '") + c + "'");
    }

    void value(Json& json, const std::string& name) {
        const char first = skip();
        if (first == '"')
            json.strings[name] = string();
        else if (first == '[')
            json.lists[name] = list();
        else
            json.numbers[name] = number();
    }

    std::vector<std::string> list() {
        std::vector<std::string> items;
        expect('[');
        if (accept(']')) return items;
        do items.push_back(string());
        while (accept(','));
        expect(']');
        return items;
    }

    std::uint64_t number() {
        constexpr std::size_t most_digits = 19;  // fits 64 bits
        const auto begin = at_;
        std::uint64_t value = 0;
        for (; at_ < text_.size() && text_[at_] >= '0' && text_[at_] <= '9'; ++at_)
            value = value * 10 + static_cast<std::uint64_t>(text_[at_] - '0');
        const auto digits = at_ - begin;
        if (digits == 0 || digits > most_digits || (digits > 1 && text_[begin] == '0'))
            fail("there is no whole number");
        return value;
    }

    std::string string() {
        std::string out;
        expect('"');
        for (;;) {
            if (at_ >= text_.size()) fail("a text does not end");
            const char c = text_[at_++];
            if (c == '"') return out;
            if (static_cast<unsigned char>(c) < 0x20) fail("a text has a control character");
            out += c == '\\' ? escaped() : c;
        }
    }

    char escaped() {
        const char c = at_ < text_.size() ? text_[at_++] : '\0';
        if (c == 'n') return '\n';
        if (c == '"' || c == '\\' || c == '/') return c;
        fail("a text has an escape that is not \\n, \\\", \\/ or \\\\");
    }

    std::string_view text_;
    std::size_t at_ = 0;
};

std::vector<std::string_view> lines_of(std::string_view text) {
    std::vector<std::string_view> lines;
    for (std::size_t end; (end = text.find('\n')) != text.npos; text.remove_prefix(end + 1))
        lines.push_back(text.substr(0, end));
    if (!text.empty()) lines.push_back(text);
    return lines;
}

bool has_signature(const std::vector<std::string_view>& lines, std::string_view body, const PublicKey& key) {
    const auto prefix = std::string(signature_mark) + key.name + " ";
    return std::any_of(lines.begin(), lines.end(), [&](std::string_view line) {
        if (!line.starts_with(prefix)) return false;
        const auto bytes = decode_base64(line.substr(prefix.size()));
        return bytes && bytes->size() == 68 && bytes->substr(0, 4) == key.id &&
               ed25519_verify(key.bytes, body, bytes->substr(4));
    });
}

}  // namespace

std::string read_file(const std::string& path) {
    std::ifstream in(path, std::ios::binary | std::ios::ate);
    const auto size = static_cast<std::streamoff>(in.tellg());
    std::string bytes(size > 0 ? static_cast<std::size_t>(size) : 0, '\0');
    in.seekg(0);
    in.read(bytes.data(), static_cast<std::streamsize>(bytes.size()));
    if (!in.is_open() || size < 0 || !in) throw Unreadable("cannot read " + path);
    return bytes;
}

std::optional<std::string> decode_base64(std::string_view text) {
    constexpr std::string_view alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    if (text.size() % 4 != 0) return std::nullopt;
    std::size_t padding = 0;
    while (padding < 2 && padding < text.size() && text[text.size() - 1 - padding] == '=') ++padding;
    std::string out;
    std::uint32_t bits = 0;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const bool is_padding = i >= text.size() - padding;
        const auto digit = is_padding ? 0 : alphabet.find(text[i]);
        if (digit == alphabet.npos) return std::nullopt;
        bits = bits << 6 | static_cast<std::uint32_t>(digit);
        if (i % 4 != 3) continue;
        out += static_cast<char>(bits >> 16);
        out += static_cast<char>(bits >> 8);
        out += static_cast<char>(bits);
        bits = 0;
    }
    for (std::size_t i = 0; i < padding; ++i) {
        if (out.back() != '\0') return std::nullopt;  // stray bits behind the end
        out.pop_back();
    }
    if (padding > 0) {  // the last digit's unused bits must be zero too: one text for one value
        const auto last = alphabet.find(text[text.size() - 1 - padding]);
        if (last & (padding == 1 ? 3u : 15u)) return std::nullopt;
    }
    return out;
}

std::optional<Digest> decode_digest(std::string_view base64) {
    const auto bytes = decode_base64(base64);
    if (!bytes || bytes->size() != 32) return std::nullopt;
    Digest digest;
    std::copy(bytes->begin(), bytes->end(), digest.begin());
    return digest;
}

PublicKey PublicKey::parse(std::string_view text) {
    const auto line = text.substr(0, text.find_first_of("\r\n"));
    const auto first = line.find('+');
    const auto second = first == line.npos ? first : line.find('+', first + 1);
    if (second == line.npos) throw Unreadable("the public key is not in the form name+id+key");
    PublicKey key{.name = std::string(line.substr(0, first))};
    const auto bytes = decode_base64(line.substr(second + 1));
    if (!bytes || bytes->size() != 33 || bytes->front() != 1)
        throw Unreadable("the public key is no Ed25519 key");
    key.bytes = bytes->substr(1);
    key.id = std::string(view(sha256({key.name, "\n", *bytes})).substr(0, 4));
    std::string id_text;
    for (unsigned char c : key.id) {
        id_text += "0123456789abcdef"[c >> 4];
        id_text += "0123456789abcdef"[c & 15];
    }
    if (line.substr(first + 1, second - first - 1) != id_text)
        throw Unreadable("the public key is damaged: its id does not fit");
    return key;
}

std::optional<Note> open_note(std::string_view text, const PublicKey& key, std::string& why) {
    const auto refuse = [&](const char* reason) {
        why = reason;
        return std::nullopt;
    };
    const auto blank = text.find("\n\n");
    if (blank == text.npos || !text.ends_with('\n')) return refuse("it is no signed note");
    const auto body = text.substr(0, blank + 1);
    const auto signatures = lines_of(text.substr(blank + 2));
    const auto lines = lines_of(body);
    for (const auto line : signatures)
        if (!line.starts_with(signature_mark)) return refuse("something stands among its signatures");
    if (!has_signature(signatures, body, key)) return refuse("it is not signed with this key");
    if (lines.size() < 3 || lines[0] != key.name)
        return refuse("it speaks of another journal than the key's");
    Note note{.origin = std::string(lines[0])};
    if (lines[1].empty() || lines[1].size() > 19 || (lines[1].size() > 1 && lines[1][0] == '0'))
        return refuse("its size is no number");
    for (char c : lines[1]) {
        if (c < '0' || c > '9') return refuse("its size is no number");
        note.size = note.size * 10 + static_cast<std::uint64_t>(c - '0');
    }
    const auto root = decode_digest(lines[2]);
    if (!root) return refuse("its root is no hash");
    note.root = *root;
    for (const auto line : lines)
        if (line.starts_with("time ")) note.time = line.substr(5);
    return note;
}

std::vector<std::string_view> split_notes(std::string_view text, std::string_view& rest) {
    std::vector<std::string_view> notes;
    std::size_t begin = 0;
    for (;;) {
        const auto blank = text.find("\n\n", begin);
        if (blank == text.npos) break;
        auto end = blank + 2;
        bool is_whole = false;
        for (std::size_t stop; (stop = text.find('\n', end)) != text.npos; end = stop + 1) {
            if (is_whole && text.substr(end, signature_mark.size()) != signature_mark) break;
            is_whole = true;
        }
        if (!is_whole) break;
        notes.push_back(text.substr(begin, end - begin));
        begin = end;
    }
    rest = text.substr(begin);
    return notes;
}

Json Json::parse(std::string_view text) { return JsonReader(text).object(); }

}  // namespace chancery::verify
