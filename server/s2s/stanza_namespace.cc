// Nearly every stanza says neither name and has no prefix: what it contains is then what it was, byte by byte. The others
// are written anew, so that what was in the one namespace by declaration is in the other by inheritance. What is inside
// another element, such as a forwarded message (XEP-0297), is not of the stream and stays as it is.
#include "s2s/stanza_namespace.h"

#include "xml/element.h"
#include "xml/parse.h"
#include "xml/restamp.h"
#include "xmpp/namespaces.h"

namespace chancery::s2s {
namespace {

/// Written anew, without prefixes and without needless declarations.
std::string plain(xml::View stanza) { return xml::Element(stanza).to_string(); }

std::string qualified(xml::View stanza, std::string_view ns) { return xml::Restamp(stanza, ns).qualify(ns).to_string(); }

}  // namespace

std::string to_server(const std::string& stanza) {
    if (!stanza.contains(ns::client) && !stanza.contains(ns_server)) return stanza;
    const auto parsed = xml::parse(stanza, xml::limits_of_stored_xml, ns::client);
    if (!parsed) return stanza;
    const auto text = plain(parsed->root());
    const auto again = xml::parse(text, xml::limits_of_stored_xml);
    return again ? qualified(again->root(), ns_server) : stanza;
}

std::optional<std::string> to_client(xml::View stanza) {
    const bool is_plain = stanza.prefix().empty() && !stanza.outer().contains(ns_server) && !stanza.outer().contains(ns::client);
    if (is_plain) return qualified(stanza, ns::client);
    const auto text = plain(stanza);
    const auto again = xml::parse(text, xml::limits_of_stored_xml);
    if (!again) return std::nullopt;
    return qualified(again->root(), ns::client);
}

}  // namespace chancery::s2s
