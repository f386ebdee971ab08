#include "xmpp/room_password.h"

#include <algorithm>
#include <iterator>
#include <utility>
#include <vector>

#include "base/bytes.h"
#include "base/crypto.h"
#include "xml/parse.h"
#include "xmpp/namespaces.h"

namespace chancery {
namespace {

constexpr std::string_view seal_mark = "sealed:", use = "room-password";
constexpr std::string_view homes[] = {"http://jabber.org/protocol/muc", "http://jabber.org/protocol/muc#user", "http://jabber.org/protocol/muc#owner",
                                      "urn:xmpp:bookmarks:1", "storage:bookmarks"};

/// The places in the stanza where passwords stand, as bytes of it.
void find(xml::View element, std::vector<std::string_view>& places) {
    if (element.is({"x", "jabber:x:conference"})) places.push_back(element.raw_attribute("password"));
    for (const auto child : element.children()) {
        const bool is_password = child.name() == "password" && std::ranges::find(homes, child.ns()) != std::end(homes);
        const bool is_setting = child.is({"field", ns::data_forms}) && child.attribute("var") == "muc#roomconfig_roomsecret";
        if (is_password) places.push_back(child.inner());
        else if (is_setting)
            for (const auto value : child.children({"value", ns::data_forms})) places.push_back(value.inner());
        else find(child, places);
    }
}

/// Every stanza of a history is asked, and hardly any has the mark's last letter more than once or twice.
bool has_seal(std::string_view stanza) {
    for (auto at = stanza.find(seal_mark.back()); at != stanza.npos; at = stanza.find(seal_mark.back(), at + 1))
        if (stanza.substr(0, at + 1).ends_with(seal_mark)) return true;
    return false;
}

template <class Change>
std::string with_each(std::string_view stanza, Change change) {
    const auto document = xml::parse(stanza, xml::limits_of_stored_xml, ns::client);
    if (!document) return std::string(stanza.substr(0, stanza.find_first_of(" />"))) + "/>";
    std::vector<std::string_view> places;
    find(document->root(), places);
    std::string changed;
    const char* copied = stanza.data();
    for (const auto place : places) {
        if (place.empty()) continue;
        changed.append(copied, place.data()).append(change(place));
        copied = place.data() + place.size();
    }
    return changed.append(copied, stanza.data() + stanza.size());
}

}  // namespace

RoomPasswords::RoomPasswords(const Key& master) : key_(derive_key(master, "room-passwords")) {}

std::string RoomPasswords::removed(std::string_view stanza) {
    return with_each(stanza, [](std::string_view) { return std::string(); });
}

std::string RoomPasswords::sealed(std::string_view stanza) const {
    const auto hide = [this](std::string_view written) { return std::string(seal_mark) + to_base64(seal(key_, use, written)); };
    return with_each(stanza, hide);
}

std::string RoomPasswords::opened(std::string stanza) const {
    if (!has_seal(stanza)) return stanza;
    const auto show = [this](std::string_view place) {
        const auto bytes = place.starts_with(seal_mark) ? from_base64(std::string(place.substr(seal_mark.size()))) : std::nullopt;
        return bytes ? unseal(key_, use, *bytes).value_or("") : std::string(place);
    };
    return with_each(stanza, show);
}

}  // namespace chancery
