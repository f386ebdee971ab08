#include <doctest/doctest.h>

#include "support/play.h"

using namespace chancery::test;

TEST_CASE("XEP-0045 §7.2.1: to enter without a nickname is jid-malformed") {
    Play play;
    CHECK(play.romeo.refused("<presence to='hall@rooms.post.example'><x xmlns='http://jabber.org/protocol/muc'/></presence>") == "modify jid-malformed");
    CHECK(play.romeo.refused("<presence to='rooms.post.example'/>") == "modify jid-malformed");
}

TEST_CASE("XEP-0045 §7.7: presence in a room in which one is not is not-acceptable") {
    Play play;
    CHECK(play.romeo.refused("<presence to='hall@rooms.post.example/romeo'><show>away</show></presence>") == "modify not-acceptable");
}

TEST_CASE("XEP-0045 §18.1.1: a presence that is too large for a room is not-acceptable") {
    Play play;
    const auto words = "<status>" + std::string(5'000, 'x') + "</status>";
    CHECK(play.romeo.refused("<presence to='hall@rooms.post.example/romeo'><x xmlns='http://jabber.org/protocol/muc'/>" + words + "</presence>") ==
          "modify not-acceptable");
}

TEST_CASE("XEP-0045 §7.10, §6.4, §10.2: a request to a room that does not exist is item-not-found") {
    House house;
    auto& romeo = house.sign_in("romeo/orchard");
    for (const std::string ns : {"jabber:iq:register", "http://jabber.org/protocol/disco#info", "http://jabber.org/protocol/muc#owner",
                                 "http://jabber.org/protocol/muc#admin", "urn:xmpp:mam:2"})
        CHECK(romeo.refused(get("<query xmlns='" + ns + "'/>", Play::room)) == "cancel item-not-found");
}

TEST_CASE("XEP-0045 §10.1.1: a request to a room that is locked is item-not-found but for its owner") {
    House house;
    auto& juliet = house.sign_in("juliet/balcony");
    Play::enters(juliet, "juliet");
    const auto question = get("<query xmlns='http://jabber.org/protocol/disco#info'/>", Play::room);
    CHECK(house.sign_in("romeo/orchard").refused(question) == "cancel item-not-found");
    CHECK(juliet.may(question));
}

TEST_CASE("XEP-0045 §17.4: a request that a room or the service does not know is service-unavailable") {
    Play play;
    CHECK(play.romeo.refused(get("<query xmlns='jabber:iq:version'/>", play.room)) == "cancel service-unavailable");
    CHECK(play.romeo.refused(get("<query xmlns='jabber:iq:version'/>", "rooms.post.example")) == "cancel service-unavailable");
    CHECK(play.romeo.refused(set("<query xmlns='http://jabber.org/protocol/disco#info'/>", play.room)) == "cancel service-unavailable");
}

TEST_CASE("XEP-0045 §7.10: registering with the service as a whole is service-unavailable") {
    House house;
    CHECK(house.sign_in("romeo/orchard").refused(get("<query xmlns='jabber:iq:register'/>", "rooms.post.example")) == "cancel service-unavailable");
}

TEST_CASE("XEP-0045 §3: rooms that are switched off are remote-server-not-found") {
    House house({{"rooms.name", ""}});
    CHECK(house.sign_in("romeo/orchard").refused(get("<query xmlns='http://jabber.org/protocol/disco#info'/>", "rooms.post.example")) ==
          "cancel remote-server-not-found");
}
