#include <doctest/doctest.h>

#include "support/play.h"

using namespace chancery::test;

namespace {

std::string query(const std::string& content = {}) { return "<query xmlns='jabber:iq:register'>" + content + "</query>"; }
std::string registration(const std::string& nick) {
    return set(query(form("http://jabber.org/protocol/muc#register", {{"muc#register_roomnick", nick}})), Play::room);
}

}  // namespace

TEST_CASE("XEP-0045 §7.10: to register with a room that does not exist is item-not-found") {
    House house;
    auto& romeo = house.sign_in("romeo/orchard");
    CHECK(romeo.refused(get(query(), Play::room)) == "cancel item-not-found");
    CHECK(romeo.refused(registration("romeo")) == "cancel item-not-found");
}

TEST_CASE("XEP-0045 §7.10: who is banned is not-allowed to register") {
    Play play;
    REQUIRE(play.makes(play.romeo, "outcast"));
    CHECK(play.romeo.refused(get(query(), play.room)) == "cancel not-allowed");
    CHECK(play.romeo.refused(registration("romeo")) == "cancel not-allowed");
}

TEST_CASE("XEP-0045 §7.10: a nickname that somebody has, or has reserved, is conflict") {
    Play play;
    CHECK(play.romeo.refused(registration("juliet")) == "cancel conflict");
    REQUIRE(play.juliet.may(registration("sun")));
    CHECK(play.romeo.refused(registration("sun")) == "cancel conflict");
}

TEST_CASE("XEP-0045 §7.10: a registration without its form is bad-request") {
    Play play;
    CHECK(play.romeo.refused(set(query(), play.room)) == "modify bad-request");
    CHECK(play.romeo.refused(set(query(form("urn:example:another", {{"muc#register_roomnick", "romeo"}})), play.room)) == "modify bad-request");
}

TEST_CASE("XEP-0045 §7.10: a registration without a nickname is not-acceptable") {
    Play play;
    CHECK(play.romeo.refused(registration("")) == "modify not-acceptable");
}

TEST_CASE("XEP-0045 §7.10, XEP-0077 §3.2: who is not registered cannot be removed: item-not-found") {
    Play play;
    CHECK(play.romeo.refused(set(query("<remove/>"), play.room)) == "cancel item-not-found");
}

TEST_CASE("XEP-0045 §7.10: more members than the room has room for are resource-constraint") {
    Play play({}, {{"rooms.affiliations", "1"}});
    CHECK(play.romeo.refused(registration("romeo")) == "wait resource-constraint");
}
