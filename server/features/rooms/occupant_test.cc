#include <doctest/doctest.h>

#include "support/play.h"

using namespace chancery::test;

namespace {

const auto ping = "<ping xmlns='urn:xmpp:ping'/>";
const auto info = "<query xmlns='http://jabber.org/protocol/disco#info'/>";
const std::string version = "<query xmlns='jabber:iq:version'/>";

}  // namespace

TEST_CASE("XEP-0410 §3.2: who is not in the room and pings themselves there is not-acceptable") {
    Play play;
    CHECK(play.romeo.refused(get(ping, play.room + "/romeo")) == "modify not-acceptable");
    play.enters(play.romeo, "romeo");
    CHECK(play.romeo.may(get(ping, play.room + "/romeo")));
}

TEST_CASE("XEP-0045 §6.6: who is not in the room and asks what an occupant can do is bad-request") {
    Play play;
    CHECK(play.romeo.refused(get(info, play.room + "/juliet")) == "modify bad-request");
}

TEST_CASE("XEP-0045 §17.4: a request to nobody in the room, or in no room, is item-not-found") {
    Play play;
    CHECK(play.juliet.refused(get(version, play.room + "/tybalt")) == "cancel item-not-found");
    CHECK(play.juliet.refused(get(version, "cell@rooms.post.example/tybalt")) == "cancel item-not-found");
    CHECK(play.juliet.refused(get(version, "rooms.post.example/tybalt")) == "cancel item-not-found");
}

TEST_CASE("XEP-0045 §17.4: a request to an occupant where the room allows no private words is forbidden") {
    Play play({{"muc#roomconfig_allowpm", "none"}});
    play.enters(play.romeo, "romeo");
    CHECK(play.romeo.refused(get(version, play.room + "/juliet")) == "auth forbidden");
}

TEST_CASE("XEP-0045 §17.4: what the occupant's client answers with is passed back") {
    Play play;
    play.enters(play.romeo, "romeo");
    play.romeo.says("<iq type='get' id='v' to='" + play.room + "/juliet'>" + version + "</iq>");
    const auto asked = play.juliet.heard("<iq type='get' from='" + play.room + "/romeo'>" + version + "</iq>");
    const auto id = asked.substr(asked.find("id='") + 4);
    play.juliet.says("<iq type='error' id='" + id.substr(0, id.find('\'')) + "' to='" + play.room + "/romeo'>"
                     "<error type='cancel'><feature-not-implemented xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></iq>");
    CHECK(refusal_in(play.romeo.heard("<iq id='v'/>")) == "cancel feature-not-implemented");
}

TEST_CASE("XEP-0045 §10, XEP-0054 §3.2: who is no owner is forbidden to set the card of the room") {
    Play play;
    REQUIRE(play.makes(play.romeo, "admin"));
    CHECK(play.romeo.refused(set("<vCard xmlns='vcard-temp'><FN>Cell</FN></vCard>", play.room)) == "auth forbidden");
}

TEST_CASE("XEP-0054 §3.2: a card of a room that is too large is not-acceptable") {
    Play play;
    const auto large = "<vCard xmlns='vcard-temp'><DESC>" + std::string(130 * 1'024, 'x') + "</DESC></vCard>";
    CHECK(play.juliet.refused(set(large, play.room)) == "modify not-acceptable");
}
