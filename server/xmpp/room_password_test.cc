#include "xmpp/room_password.h"

#include <doctest/doctest.h>

namespace chancery {
namespace {

const std::string invitation = "<message><x xmlns='http://jabber.org/protocol/muc#user'><invite from='a@b'/><password>se&amp;cret</password></x>"
                               "<x xmlns='jabber:x:conference' reason=\"say password='x'\" password='se&amp;cret' jid='r@rooms.b'/></message>";

}  // namespace

TEST_CASE("RoomPassword: is left out of what is recorded, and all else is kept as it was written") {
    CHECK(RoomPasswords::removed("<presence to='room@rooms.example/nick'><x xmlns='http://jabber.org/protocol/muc'><history maxstanzas='1'/>"
                                 "<password>secret</password></x><status>hello</status></presence>") ==
          "<presence to='room@rooms.example/nick'><x xmlns='http://jabber.org/protocol/muc'><history maxstanzas='1'/>"
          "<password></password></x><status>hello</status></presence>");
    CHECK(RoomPasswords::removed(invitation) ==
          "<message><x xmlns='http://jabber.org/protocol/muc#user'><invite from='a@b'/><password></password></x>"
          "<x xmlns='jabber:x:conference' reason=\"say password='x'\" password='' jid='r@rooms.b'/></message>");
}

TEST_CASE("RoomPassword: is found in whatever carries it") {
    for (const auto* stanza :
         {"<presence><m:x xmlns:m='http://jabber.org/protocol/muc'><m:password>hush</m:password></m:x></presence>",
          "<iq><query xmlns='http://jabber.org/protocol/muc#owner'><destroy><password>hush</password></destroy></query></iq>",
          "<iq><query xmlns='http://jabber.org/protocol/muc#owner'><x xmlns='jabber:x:data'><field var='muc#roomconfig_roomsecret'>"
          "<value>hush</value></field></x></query></iq>",
          "<iq><pubsub xmlns='http://jabber.org/protocol/pubsub'><publish><item><conference xmlns='urn:xmpp:bookmarks:1'>"
          "<password>hush</password></conference></item></publish></pubsub></iq>",
          "<message><forwarded xmlns='urn:xmpp:forward:0'><message xmlns='jabber:client'><x xmlns='jabber:x:&#99;onference' password='hush'/>"
          "</message></forwarded></message>"})
        CHECK_FALSE_MESSAGE(RoomPasswords::removed(stanza).contains("hush"), stanza);
}

TEST_CASE("RoomPassword: other words stay as they are") {
    for (const auto* stanza : {"<message><body>the password is swordfish</body></message>", "<message><password xmlns='urn:other'>x</password></message>"})
        CHECK(RoomPasswords::removed(stanza) == stanza);
}

TEST_CASE("RoomPassword: what is sealed is opened to the letter, and by nobody else") {
    const RoomPasswords passwords(Key::random());
    const auto sealed = passwords.sealed(invitation);
    CHECK_FALSE(sealed.contains("cret"));
    CHECK(passwords.opened(sealed) == invitation);
    CHECK_FALSE(RoomPasswords(Key::random()).opened(sealed).contains("cret"));
    CHECK(passwords.opened(invitation) == invitation);
}

TEST_CASE("RoomPassword: who writes what was sealed for others gets that back and not what is in it") {
    const RoomPasswords passwords(Key::random());
    const auto stolen = passwords.sealed(invitation);
    CHECK(passwords.opened(passwords.sealed(stolen)) == stolen);
}

}  // namespace chancery
