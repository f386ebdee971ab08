#include "xml/escape.h"

#include <charconv>

#include "xml/chars.h"

namespace chancery::xml {
namespace {

constexpr std::string_view replacement = "\xEF\xBF\xBD";
constexpr std::string_view cdata_open = "<![CDATA[";
constexpr std::string_view cdata_close = "]]>";

// Over characters that stand for themselves everywhere.
const char* skip_harmless(const char* at, const char* end) {
    const auto is_harmless = [](char c) {
        return static_cast<signed char>(c) >= 0x20 && c != '<' && c != '>' && c != '&' && c != '"' &&
               c != '\'';
    };
    while (at != end && is_harmless(*at)) ++at;
    return at;
}

// What stands for an ASCII character, or nothing if it stands for itself.
constexpr std::string_view substitute(char c, Place place) {
    switch (c) {
        case '<': return "&lt;";
        case '>': return "&gt;";
        case '&': return "&amp;";
        case '"': return "&quot;";
        case '\'': return "&apos;";
        case '\r': return "&#xD;";
        case '\n': return place == Place::attribute ? "&#xA;" : "";
        case '\t': return place == Place::attribute ? "&#x9;" : "";
        default: return static_cast<unsigned char>(c) < 0x20 ? replacement : "";
    }
}

}  // namespace

void append_escaped(std::string& out, std::string_view text, Place place) {
    const char* const end = text.data() + text.size();
    const char* kept = text.data();
    for (const char* at = kept;;) {
        at = skip_harmless(at, end);
        if (at == end) break;
        const auto [code, size] = decode_utf8(at, end);
        std::string_view instead;
        if (size == 1) {
            instead = substitute(*at, place);
        } else if (size <= 0 || !is_xml_char(code)) {
            instead = replacement;
        }
        const char* const next = at + (size > 0 ? size : 1);
        if (!instead.empty()) {
            out.append(kept, at).append(instead);
            kept = next;
        }
        at = next;
    }
    out.append(kept, end);
}

std::string escape(std::string_view text, Place place) {
    std::string out;
    append_escaped(out, text, place);
    return out;
}

void append_attribute(std::string& out, std::string_view name, std::string_view value) {
    out.append(" ").append(name).append("='");
    append_escaped(out, value, Place::attribute);
    out.append("'");
}

char32_t referenced_char(std::string_view reference) {
    if (reference == "amp") return '&';
    if (reference == "lt") return '<';
    if (reference == "gt") return '>';
    if (reference == "quot") return '"';
    if (reference == "apos") return '\'';
    if (!reference.starts_with('#')) return 0;
    reference.remove_prefix(1);
    const int base = reference.starts_with('x') ? 16 : 10;
    if (base == 16) reference.remove_prefix(1);
    std::uint32_t code = 0;
    const auto [stop, error] =
        std::from_chars(reference.data(), reference.data() + reference.size(), code, base);
    const bool whole = error == std::errc() && stop == reference.data() + reference.size();
    return whole && is_xml_char(code) ? code : 0;
}

void append_unescaped(std::string& out, std::string_view raw, Place place) {
    bool in_cdata = false;
    for (std::size_t i = 0; i < raw.size(); ++i) {
        const char c = raw[i];
        if (c == '&' && !in_cdata) {
            const auto stop = raw.find(';', i);
            append_utf8(out, referenced_char(raw.substr(i + 1, stop - i - 1)));
            i = stop;
        } else if (c == '<' && !in_cdata) {
            in_cdata = true;
            i += cdata_open.size() - 1;
        } else if (c == ']' && in_cdata && raw.substr(i).starts_with(cdata_close)) {
            in_cdata = false;
            i += cdata_close.size() - 1;
        } else if (is_space(c)) {
            if (c == '\r' && i + 1 < raw.size() && raw[i + 1] == '\n') ++i;
            out += place == Place::attribute ? ' ' : c == '\r' ? '\n' : c;
        } else {
            out += c;
        }
    }
}

}  // namespace chancery::xml
