#include "xmpp/room_password.h"

#include "xml/parse.h"
#include "xml/restamp.h"
#include "xmpp/namespaces.h"

namespace chancery {

std::string without_room_password(const std::string& presence) {
    static constexpr std::string_view muc = "http://jabber.org/protocol/muc";
    if (!presence.contains(muc)) return presence;
    const auto document = xml::parse(presence, xml::limits_of_stored_xml, ns::client);
    if (!document) return "<presence/>";
    const auto asks = [](xml::View child) { return child.ns() == muc; };
    return xml::Restamp(document->root(), ns::client).drop(asks).append("<x xmlns='http://jabber.org/protocol/muc'/>").to_string();
}

}  // namespace chancery
