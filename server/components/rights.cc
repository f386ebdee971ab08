#include "components/rights.h"

#include <algorithm>

#include "xml/escape.h"

namespace chancery::components {
namespace {

bool take(std::string_view name, Asking& asking) {
    if (name != "get" && name != "set" && name != "both") return false;
    asking.get = asking.get || name != "set";
    asking.set = asking.set || name != "get";
    return true;
}

bool take_word(std::string_view word, Rights& rights) {
    const auto equals = word.find('=');
    if (equals == std::string_view::npos) return false;
    const auto name = word.substr(0, equals), value = word.substr(equals + 1);
    if (value.empty()) return false;
    if (name == "roster") return take(value, rights.roster);
    if (name == "message") return rights.sends_messages = value == "outgoing";
    if (name == "delegate") return rights.delegated.emplace(value).second;
    return name.starts_with("iq:") && take(name.substr(3), rights.requests[std::string(value)]);
}

}  // namespace

Result<Rights, std::string> Rights::parse(std::string_view words) {
    Rights rights;
    for (std::size_t from = 0; (from = words.find_first_not_of(' ', from)) != std::string_view::npos;) {
        const auto to = std::min(words.find(' ', from), words.size());
        const auto word = words.substr(from, to - from);
        if (!take_word(word, rights)) return std::unexpected(std::string(word));
        from = to;
    }
    return rights;
}

std::string Rights::privilege_xml() const {
    std::string xml;
    if (roster.get || roster.set) xml.append("<perm access='roster' type='").append(roster.name()).append("' push='false'/>");
    if (sends_messages) xml += "<perm access='message' type='outgoing'/>";
    if (!requests.empty()) xml += "<perm access='iq'>";
    for (const auto& [ns, asking] : requests) {
        xml += "<namespace";
        xml::append_attribute(xml, "ns", ns);
        xml.append(" type='").append(asking.name()).append("'/>");
    }
    if (!requests.empty()) xml += "</perm>";
    return xml.empty() ? xml : "<privilege xmlns='urn:xmpp:privilege:2'>" + xml + "</privilege>";
}

std::string Rights::delegation_xml() const {
    std::string xml;
    for (const auto& ns : delegated) {
        xml += "<delegated";
        xml::append_attribute(xml, "namespace", ns);
        xml += "/>";
    }
    return xml.empty() ? xml : "<delegation xmlns='urn:xmpp:delegation:2'>" + xml + "</delegation>";
}

}  // namespace chancery::components
