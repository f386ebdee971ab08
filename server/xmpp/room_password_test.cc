#include "xmpp/room_password.h"

#include <doctest/doctest.h>

namespace chancery {

TEST_CASE("RoomPassword: is left out of what is recorded, and the words are kept") {
    const std::string presence = "<presence to='room@rooms.example/nick'><x xmlns='http://jabber.org/protocol/muc'>"
                                 "<history maxstanzas='1'/><password>secret</password></x><status>hello</status></presence>";
    CHECK(without_room_password(presence) == "<presence to='room@rooms.example/nick'><status>hello</status>"
                                             "<x xmlns='http://jabber.org/protocol/muc'/></presence>");
}

TEST_CASE("RoomPassword: is found under any prefix") {
    const std::string presence = "<presence><m:x xmlns:m='http://jabber.org/protocol/muc'><m:password>secret</m:password></m:x></presence>";
    CHECK_FALSE(without_room_password(presence).contains("secret"));
}

TEST_CASE("RoomPassword: other presence stays as it is") {
    CHECK(without_room_password("<presence><status>hello</status></presence>") == "<presence><status>hello</status></presence>");
}

}  // namespace chancery
