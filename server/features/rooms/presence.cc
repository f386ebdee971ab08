#include "features/rooms/presence.h"

#include "features/rooms/settings.h"
#include "xml/escape.h"
#include "xml/parse.h"
#include "xmpp/namespaces.h"

namespace chancery::rooms {
namespace {

constexpr std::string_view user_x = "<x xmlns='http://jabber.org/protocol/muc#user'>";

/// What only the room may say.
bool is_the_rooms(xml::View child) {
    return child.ns() == ns_muc || child.ns() == ns_user || child.ns() == ns_occupant_id || child.ns() == ns_hats;
}

}  // namespace

std::string item_xml(Affiliation affiliation, Role role, std::string_view jid, std::string_view nick, std::string_view actor,
                     std::string_view reason) {
    std::string xml = "<item affiliation='";
    xml.append(name_of(affiliation)).append("' role='").append(name_of(role)).append("'");
    if (!jid.empty()) xml::append_attribute(xml, "jid", jid);
    if (!nick.empty()) xml::append_attribute(xml, "nick", nick);
    if (actor.empty() && reason.empty()) return xml + "/>";
    xml += ">";
    if (!actor.empty()) {
        xml += "<actor";
        xml::append_attribute(xml, "nick", actor);
        xml += "/>";
    }
    if (!reason.empty()) xml.append("<reason>").append(xml::escape(reason)).append("</reason>");
    return xml + "</item>";
}

std::string codes_xml(const std::vector<int>& codes) {
    std::string xml;
    for (const int code : codes) xml += "<status code='" + std::to_string(code) + "'/>";
    return xml;
}

std::string as_own(std::string_view presence, const std::vector<int>& codes) {
    const auto place = presence.find("</x>", presence.rfind(user_x));  // behind it stands nothing that an occupant wrote unescaped
    std::string xml(presence.substr(0, place));
    xml += codes_xml({110}) + codes_xml(codes);
    return xml.append(presence.substr(place));
}

PresenceIn take_apart(const std::string& presence) {
    PresenceIn taken;
    const auto document = xml::parse(presence, xml::limits_of_stored_xml, ns::client);
    if (!document) return taken;
    for (const auto child : document->root().children()) {
        if (child.is({"x", ns_muc})) {
            taken.enters = true;
            taken.password = child.child({"password", ns_muc}).text();
            if (const auto history = child.child({"history", ns_muc})) {
                taken.max_chars = history.attribute("maxchars");
                taken.max_stanzas = history.attribute("maxstanzas");
                taken.seconds = history.attribute("seconds");
                taken.since = history.attribute("since");
            }
        }
        if (!is_the_rooms(child)) taken.payload += child.outer_with_namespaces();
    }
    return taken;
}

}  // namespace chancery::rooms
