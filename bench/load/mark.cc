#include "load/mark.h"

#include <array>
#include <charconv>

#include "base/bytes.h"
#include "base/crypto.h"

namespace chancery::load {
namespace {

void append_number(std::string& text, std::uint32_t number) {
    std::array<char, 12> digits;
    const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), number).ptr;
    text.append(digits.data(), end);
}

bool read_number(std::string_view& text, char after, std::uint32_t& number) {
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc() || end == text.data() + text.size() || *end != after) return false;
    text.remove_prefix(static_cast<std::size_t>(end - text.data()) + 1);
    return true;
}

}  // namespace

std::uint32_t new_run() { return get<std::uint32_t>(random_bytes(4).data()); }

void append_mark(std::string& text, std::uint32_t run, Mark mark) {
    text += '#';
    append_number(text, run);
    text += '.';
    append_number(text, mark.group);
    text += '.';
    append_number(text, mark.sequence);
    text += ' ';
}

std::optional<Mark> find_mark(std::string_view text, std::uint32_t run) {
    const auto at = text.find('#');
    if (at == text.npos) return std::nullopt;
    text.remove_prefix(at + 1);
    std::uint32_t found = 0;
    Mark mark;
    if (!read_number(text, '.', found) || found != run) return std::nullopt;
    if (!read_number(text, '.', mark.group) || !read_number(text, ' ', mark.sequence)) return std::nullopt;
    return mark;
}

}  // namespace chancery::load
