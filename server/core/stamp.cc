#include "core/stamp.h"

#include "xml/restamp.h"
#include "xmpp/namespaces.h"

namespace chancery {
namespace {

/// The server's own domain, or one of its services'.
bool is_of_domain(std::string_view address, std::string_view domain) {
    const auto jid = Jid::parse(address);
    if (!jid || !jid->domain().ends_with(domain)) return false;
    const auto before = jid->domain().size() - domain.size();
    return before == 0 || jid->domain()[before - 1] == '.';
}

}  // namespace

std::string stamp(xml::View stanza, const Jid& from, const std::optional<Jid>& to, std::string_view domain) {
    const auto forged = [&](xml::View child) {
        if (child.is({"stanza-id", ns::stanza_id})) return is_of_domain(child.attribute("by"), domain);
        if (child.is({"delay", ns::delay})) return is_of_domain(child.attribute("from"), domain);
        return false;
    };
    xml::Restamp restamp(stanza, ns::client);
    restamp.set("from", from.text());
    if (to) restamp.set("to", to->text());
    restamp.drop(forged);
    auto xml = restamp.to_string();
    if (xml.ends_with("/>")) {  // so that children can be added before an end tag
        xml.resize(xml.size() - 2);
        xml.append("></").append(stanza.name()).append(">");
    }
    return xml;
}

}  // namespace chancery
