#include "files/range.h"

#include <algorithm>
#include <charconv>
#include <limits>

namespace chancery::files {
namespace {

/// A number of digits alone. One that is too large for us is beyond the end of every file.
std::optional<std::uint64_t> number_of(std::string_view text) {
    std::uint64_t number = 0;
    if (text.empty() || !std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; })) return std::nullopt;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    return error == std::errc() ? number : std::numeric_limits<std::uint64_t>::max();
}

}  // namespace

Result<std::optional<Range>, Unsatisfiable> range_of(std::string_view field, std::uint64_t size) {
    constexpr std::string_view unit = "bytes=";
    const auto dash = field.find('-');
    if (!field.starts_with(unit) || dash == field.npos) return std::nullopt;
    const auto first_text = field.substr(unit.size(), dash - unit.size()), last_text = field.substr(dash + 1);
    const auto first = number_of(first_text), last = number_of(last_text);
    if (first_text.empty()) {  // the last so many
        if (!last) return std::nullopt;
        if (*last == 0 || size == 0) return std::unexpected(Unsatisfiable());
        const auto length = std::min(*last, size);
        return Range{size - length, length};
    }
    if (!first || (!last && !last_text.empty()) || (last && *last < *first)) return std::nullopt;
    if (*first >= size) return std::unexpected(Unsatisfiable());
    const auto end = last ? std::min(*last, size - 1) : size - 1;
    return Range{*first, end - *first + 1};
}

}  // namespace chancery::files
