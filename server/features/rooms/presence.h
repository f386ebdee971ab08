// What rooms add to presence (XEP-0045 §7.2): affiliation, role, status codes; XEP-0421 and XEP-0317.
#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "features/rooms/affiliation.h"
#include "xml/element.h"

namespace chancery::rooms {

inline constexpr std::string_view ns_occupant_id = "urn:xmpp:occupant-id:0", ns_hats = "urn:xmpp:hats:0";

/// How an occupant's presence is shown this time.
struct Shown {
    bool is_unavailable = false;
    std::vector<int> codes = {};        ///< for everybody
    std::vector<int> own_codes = {};    ///< for the occupant alone, beside 110
    std::string new_nick = {};          ///< §7.6
    std::string actor = {};             ///< the nickname of who did it
    std::string reason = {};
    std::string destroy = {};           ///< §10.9, serialised
    std::string not_to = {};            ///< a device of the occupant that is told later
};

/// `<item/>` with what is not empty. Texts are escaped here.
std::string item_xml(Affiliation affiliation, Role role, std::string_view jid, std::string_view nick, std::string_view actor = {},
                     std::string_view reason = {});
std::string codes_xml(const std::vector<int>& codes);
/// The presence with code 110 and `codes` in front of its other codes.
std::string as_own(std::string_view presence, const std::vector<int>& codes);

/// What a client's presence to a room says.
struct PresenceIn {
    bool enters = false;                ///< has <x xmlns='http://jabber.org/protocol/muc'/>
    std::string password;
    std::string payload;                ///< what others see of it, serialised
    std::string max_chars, max_stanzas, seconds, since;   ///< <history/> (§7.2.14), as written; empty: absent
};
PresenceIn take_apart(const std::string& presence);

}  // namespace chancery::rooms
