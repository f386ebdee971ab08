#include "xml/standalone.h"

#include <algorithm>

#include "xml/chars.h"

namespace chancery::xml {
namespace {

/// Whether the start tag, from behind its name on, declares a default namespace.
bool declares_default(std::string_view rest) {
    while (true) {
        while (!rest.empty() && is_space(rest.front())) rest.remove_prefix(1);
        if (rest.empty() || rest.front() == '>' || rest.front() == '/') return false;
        const auto equals = rest.find('=');
        auto name = rest.substr(0, equals);
        while (!name.empty() && is_space(name.back())) name.remove_suffix(1);
        if (name == "xmlns") return true;
        const auto quote = rest.find_first_of("'\"", equals);
        const auto end = quote == rest.npos ? quote : rest.find(rest[quote], quote + 1);
        if (end == rest.npos) return false;
        rest.remove_prefix(end + 1);
    }
}

}  // namespace

void append_standalone(std::string& out, std::string_view element) {
    const auto name_end = std::min(element.find_first_of(" \t\r\n/>"), element.size());
    const auto name = element.substr(0, name_end), rest = element.substr(name_end);
    out += name;
    if (name.starts_with("<stream:")) out += " xmlns:stream='http://etherx.jabber.org/streams'";
    else if (!declares_default(rest)) out += " xmlns='jabber:client'";
    out += rest;
}

}  // namespace chancery::xml
