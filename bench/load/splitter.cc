#include "load/splitter.h"

namespace chancery::load {

Splitter::Tag Splitter::tag_at(std::string_view bytes, std::size_t start) {
    if (start + 1 >= bytes.size()) return {};
    Tag tag;
    if (bytes[start + 1] == '/') tag.kind = Tag::Kind::close;
    if (bytes[start + 1] == '?') tag.kind = Tag::Kind::declaration;
    for (std::size_t i = start + 1; i < bytes.size(); ++i) {
        const char c = bytes[i];
        if (c == '\'' || c == '"') {
            i = bytes.find(c, i + 1);
            if (i == std::string_view::npos) return {};
        } else if (c == '>') {
            if (bytes[i - 1] == '/' && tag.kind == Tag::Kind::open) tag.kind = Tag::Kind::empty;
            tag.end = i + 1;
            return tag;
        }
    }
    return {};
}

std::string_view name_of(std::string_view stanza) {
    if (stanza.empty()) return {};
    return stanza.substr(1, stanza.find_first_of(" \t\r\n/>", 1) - 1);
}

std::string_view attribute_of(std::string_view stanza, std::string_view name) {
    for (std::size_t i = 1 + name_of(stanza).size(); i < stanza.size() && stanza[i] != '>';) {
        if (stanza[i] != '\'' && stanza[i] != '"') {
            ++i;
            continue;
        }
        const auto end = stanza.find(stanza[i], i + 1);
        if (end == stanza.npos) return {};
        const auto before = stanza.substr(0, stanza.find_last_not_of(" \t\r\n=", i - 1) + 1);
        const auto start = before.find_last_of(" \t\r\n");
        if (start != before.npos && before.substr(start + 1) == name)
            return stanza.substr(i + 1, end - i - 1);
        i = end + 1;
    }
    return {};
}

std::string_view text_of(std::string_view stanza, std::string_view tag) {
    for (std::size_t at = 0; (at = stanza.find(tag, at)) != stanza.npos; ++at) {
        if (at == 0 || stanza[at - 1] != '<') continue;
        const auto after = at + tag.size();
        if (after >= stanza.size() || (stanza[after] != '>' && stanza[after] != ' ')) continue;
        const auto end = stanza.find('>', after);
        if (end == stanza.npos || stanza[end - 1] == '/') return {};
        return stanza.substr(end + 1, stanza.find('<', end) - end - 1);
    }
    return {};
}

}  // namespace chancery::load
