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

/// NAMESPACE, or NAMESPACE[ATTRIBUTE,...].
bool take_delegated(std::string_view value, Rights& rights) {
    const auto bracket = value.find('[');
    if (bracket == 0 || (bracket != value.npos && !value.ends_with(']'))) return false;
    const auto [place, is_new] = rights.delegated.try_emplace(std::string(value.substr(0, bracket)));
    if (bracket == value.npos) return is_new;
    auto names = value.substr(bracket + 1, value.size() - bracket - 2);
    while (!names.empty()) {
        const auto comma = std::min(names.find(','), names.size());
        place->second.emplace(names.substr(0, comma));
        names.remove_prefix(std::min(comma + 1, names.size()));
    }
    return is_new && !place->second.empty() && !place->second.contains("");
}

bool take_presence(std::string_view value, Rights& rights) {
    if (value != "managed_entity" && value != "roster") return false;
    rights.presence = value == "roster" ? Seen::contacts : Seen::people;
    return true;
}

bool take_word(std::string_view word, Rights& rights) {
    const auto equals = word.find('=');
    if (equals == std::string_view::npos) return false;
    const auto name = word.substr(0, equals), value = word.substr(equals + 1);
    if (value.empty()) return false;
    if (name == "roster") return take(value, rights.roster);
    if (name == "message") return rights.sends_messages = value == "outgoing";
    if (name == "presence") return take_presence(value, rights);
    if (name == "push") return !(rights.wants_pushes = value != "false");
    if (name == "delegate") return take_delegated(value, rights);
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
    // XEP-0356 §7.4: who sees everybody's contacts must be allowed to know who they are.
    if (rights.presence == Seen::contacts && !rights.roster.get) return std::unexpected("presence=roster");
    return rights;
}

std::string Rights::privilege_xml() const {
    std::string xml;
    if (roster.get || roster.set) xml.append("<perm access='roster' type='").append(roster.name()).append("' push='").append(pushes_rosters() ? "true'/>" : "false'/>");
    if (sends_messages) xml += "<perm access='message' type='outgoing'/>";
    if (presence != Seen::nobody) xml.append("<perm access='presence' type='").append(presence == Seen::contacts ? "roster'/>" : "managed_entity'/>");
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
    for (const auto& [ns, attributes] : delegated) {
        xml += "<delegated";
        xml::append_attribute(xml, "namespace", ns);
        xml += attributes.empty() ? "/>" : ">";
        for (const auto& name : attributes) {
            xml += "<attribute";
            xml::append_attribute(xml, "name", name);
            xml += "/>";
        }
        if (!attributes.empty()) xml += "</delegated>";
    }
    return xml.empty() ? xml : "<delegation xmlns='urn:xmpp:delegation:2'>" + xml + "</delegation>";
}

}  // namespace chancery::components
