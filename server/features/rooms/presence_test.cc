#include "features/rooms/presence.h"

#include <doctest/doctest.h>

namespace chancery::rooms {

TEST_CASE("presence: what only the room may say is taken out, the rest is kept as it was") {
    const auto taken = take_apart(
        "<presence from='a@b/c' to='r@s/n'><show>away</show><x xmlns='http://jabber.org/protocol/muc'><password>p&amp;w</password>"
        "<history maxchars='1' maxstanzas='2' seconds='3' since='4'/></x><x xmlns='http://jabber.org/protocol/muc#user'><item/></x>"
        "<occupant-id xmlns='urn:xmpp:occupant-id:0' id='forged'/><hats xmlns='urn:xmpp:hats:0'/><c xmlns='caps' ver='v'/></presence>");
    CHECK(taken.enters);
    CHECK(taken.password == "p&w");
    CHECK(taken.max_chars + taken.max_stanzas + taken.seconds + taken.since == "1234");
    CHECK(taken.payload.contains("away"));
    CHECK(taken.payload.contains("<c xmlns='caps' ver='v'/>"));
    for (const auto word : {"password", "forged", "item", "hats"}) CHECK_FALSE(taken.payload.contains(word));
}

TEST_CASE("presence: codes for the occupant stand in the room's own element, whatever the occupant has written") {
    const std::string others = "<q xmlns='q'><x xmlns='http://jabber.org/protocol/muc#user'></x></q>";
    const std::string own = "<x xmlns='http://jabber.org/protocol/muc#user'><item affiliation='none' role='none'/></x>";
    CHECK(as_own("<presence>" + others + own + "</presence>", {201}) ==
          "<presence>" + others +
              "<x xmlns='http://jabber.org/protocol/muc#user'><item affiliation='none' role='none'/><status code='110'/>"
              "<status code='201'/></x></presence>");
}

TEST_CASE("presence: an item says what is known and escapes what people wrote") {
    CHECK(item_xml(Affiliation::outcast, Role::none, "a@b/'c", {}, {}, "<no>") ==
          "<item affiliation='outcast' role='none' jid='a@b/&apos;c'><reason>&lt;no&gt;</reason></item>");
    CHECK(item_xml(Affiliation::owner, Role::moderator, {}, "nick") == "<item affiliation='owner' role='moderator' nick='nick'/>");
}

}  // namespace chancery::rooms
