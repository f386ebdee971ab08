#include "xml/xml_declaration.h"

#include <algorithm>
#include <cctype>

#include "xml/chars.h"

namespace chancery::xml {
namespace {

// Takes ` name = 'value'` off the front of the text; nothing if that is not what stands there.
std::optional<std::string_view> take(std::string_view& text, std::string_view name) {
    auto rest = text;
    const auto space = [&] {
        const auto before = rest.size();
        while (!rest.empty() && is_space(rest[0])) rest.remove_prefix(1);
        return before != rest.size();
    };
    if (!space() || !rest.starts_with(name)) return std::nullopt;
    rest.remove_prefix(name.size());
    space();
    if (!rest.starts_with('=')) return std::nullopt;
    rest.remove_prefix(1);
    space();
    if (!rest.starts_with('\'') && !rest.starts_with('"')) return std::nullopt;
    const auto end = rest.find(rest[0], 1);
    if (end == rest.npos) return std::nullopt;
    const auto value = rest.substr(1, end - 1);
    text = rest.substr(end + 1);
    return value;
}

bool is_utf8(std::string_view encoding) {
    const auto same = [](char a, char b) { return std::tolower(static_cast<unsigned char>(a)) == b; };
    return std::ranges::equal(encoding, std::string_view("utf-8"), same);
}

}  // namespace

std::optional<Fault> fault_in_xml_declaration(std::string_view text) {
    if (take(text, "version") != "1.0") return Fault::not_well_formed;
    if (const auto encoding = take(text, "encoding"); encoding && !is_utf8(*encoding))
        return Fault::unsupported_encoding;
    if (const auto standalone = take(text, "standalone");
        standalone && standalone != "yes" && standalone != "no")
        return Fault::not_well_formed;
    const bool ended = std::ranges::all_of(text, is_space);
    return ended ? std::nullopt : std::optional(Fault::not_well_formed);
}

}  // namespace chancery::xml
