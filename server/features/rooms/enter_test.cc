#include <doctest/doctest.h>

#include "support/play.h"

using namespace chancery::test;

TEST_CASE("XEP-0045 §7.2.5: a room with a password is not-authorized without it, or with another") {
    Play play({{"muc#roomconfig_passwordprotectedroom", "1"}, {"muc#roomconfig_roomsecret", "cauldronburn"}});
    CHECK(play.refused(play.romeo, "romeo") == "auth not-authorized");
    CHECK(play.refused(play.romeo, "romeo", "cauldron") == "auth not-authorized");
    play.enters(play.romeo, "romeo", "cauldronburn");
}

TEST_CASE("XEP-0045 §7.2.6: a room of members is registration-required for others") {
    Play play({{"muc#roomconfig_membersonly", "1"}});
    CHECK(play.refused(play.romeo, "romeo") == "auth registration-required");
    REQUIRE(play.makes(play.romeo, "member"));
    play.enters(play.romeo, "romeo");
}

TEST_CASE("XEP-0045 §7.2.7: who is banned is forbidden to enter") {
    Play play;
    REQUIRE(play.makes(play.romeo, "outcast"));
    CHECK(play.refused(play.romeo, "romeo") == "auth forbidden");
}

TEST_CASE("XEP-0045 §7.2.8: a nickname that somebody has, or has reserved, is conflict") {
    Play play;
    CHECK(play.refused(play.romeo, "juliet") == "cancel conflict");
    REQUIRE(play.reserves(play.juliet, "sun"));
    CHECK(play.refused(play.romeo, "sun") == "cancel conflict");
}

TEST_CASE("XEP-0045 §7.2.9: a full room is service-unavailable, but not to its administrators") {
    Play play({{"muc#roomconfig_maxusers", "1"}});
    CHECK(play.refused(play.romeo, "romeo") == "wait service-unavailable");
    REQUIRE(play.makes(play.romeo, "admin"));
    play.enters(play.romeo, "romeo");
}

TEST_CASE("XEP-0045 §7.2.10: a room that its owner has not configured is item-not-found for others") {
    House house;
    auto& juliet = house.sign_in("juliet/balcony");
    auto& romeo = house.sign_in("romeo/orchard");
    Play::enters(juliet, "juliet");
    CHECK(Play::refused(romeo, "romeo") == "cancel item-not-found");
}

TEST_CASE("XEP-0045 §10.1.1: to make a room where one may not is not-allowed") {
    House house({{"rooms.creators", "administrators"}});
    CHECK(Play::refused(house.sign_in("romeo/orchard"), "romeo") == "cancel not-allowed");
    Play::enters(house.sign_in_administrator("nurse/kitchen"), "nurse");
}

TEST_CASE("XEP-0045 §10.1.1: more rooms than there may be, or than somebody may have, are resource-constraint") {
    const Fields none;
    Play few(none, {{"rooms.rooms", "1"}});
    CHECK(few.romeo.refused(Play::request_to_enter("romeo", {}, "cell@rooms.post.example")) == "wait resource-constraint");
    Play own(none, {{"rooms.rooms_per_person", "1"}});
    CHECK(own.juliet.refused(Play::request_to_enter("juliet", {}, "cell@rooms.post.example")) == "wait resource-constraint");
    own.romeo.says(Play::request_to_enter("romeo", {}, "cell@rooms.post.example"));
    CHECK(own.romeo.hears("<presence from='cell@rooms.post.example/romeo'>"
                          "<x xmlns='http://jabber.org/protocol/muc#user'><status code='201'/></x></presence>"));
}

TEST_CASE("XEP-0045 §7.2: a nickname that is too long is not-acceptable") {
    Play play;
    CHECK(play.refused(play.romeo, std::string(257, 'n')) == "modify not-acceptable");
}
