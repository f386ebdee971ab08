#include <doctest/doctest.h>

#include "support/play.h"

using namespace chancery::test;

namespace {

std::string said(const std::string& to, const std::string& type, const std::string& content = "<body>Hist!</body>") {
    return "<message to='" + to + "' type='" + type + "'>" + content + "</message>";
}

}  // namespace

TEST_CASE("XEP-0045 §7.4: a visitor of a moderated room is forbidden to speak") {
    Play play({{"muc#roomconfig_moderatedroom", "1"}});
    play.enters(play.romeo, "romeo");
    CHECK(play.romeo.refused(said(play.room, "groupchat")) == "auth forbidden");
    CHECK(play.juliet.hears_nothing("<message type='groupchat'><body/></message>", {&play.romeo}));
}

TEST_CASE("XEP-0045 §7.4: to speak in a room in which one is not is not-acceptable") {
    Play play;
    CHECK(play.romeo.refused(said(play.room, "groupchat")) == "modify not-acceptable");
    CHECK(play.juliet.hears_nothing("<message type='groupchat'><body/></message>", {&play.romeo}));
}

TEST_CASE("XEP-0045 §17.2: a message to a room that does not exist, or is locked, is item-not-found") {
    House house;
    auto& juliet = house.sign_in("juliet/balcony");
    auto& romeo = house.sign_in("romeo/orchard");
    CHECK(romeo.refused(said(Play::room, "groupchat")) == "cancel item-not-found");
    Play::enters(juliet, "juliet");
    CHECK(romeo.refused(said(Play::room, "groupchat")) == "cancel item-not-found");
}

TEST_CASE("XEP-0045 §17.2: a message to a room that is of another type, and no letter, is bad-request") {
    Play play;
    CHECK(play.juliet.refused(said(play.room, "chat")) == "modify bad-request");
}

TEST_CASE("XEP-0045 §7.5: a private message of the type groupchat is bad-request") {
    Play play;
    play.enters(play.romeo, "romeo");
    CHECK(play.romeo.refused(said(play.room + "/juliet", "groupchat")) == "modify bad-request");
}

TEST_CASE("XEP-0045 §7.5: a private message to nobody in the room is item-not-found") {
    Play play;
    CHECK(play.juliet.refused(said(play.room + "/tybalt", "chat")) == "cancel item-not-found");
}

TEST_CASE("XEP-0045 §7.5: a private message of somebody who is not in the room is not-acceptable") {
    Play play;
    CHECK(play.romeo.refused(said(play.room + "/juliet", "chat")) == "modify not-acceptable");
}

TEST_CASE("XEP-0045 §7.5: a private message where the room allows none is forbidden") {
    Play play({{"muc#roomconfig_allowpm", "moderators"}});
    play.enters(play.romeo, "romeo");
    CHECK(play.romeo.refused(said(play.room + "/juliet", "chat")) == "auth forbidden");
}

TEST_CASE("XEP-0045 §8.1: to change the subject without the right to is forbidden") {
    Play play({{"muc#roomconfig_changesubject", "0"}});
    play.enters(play.romeo, "romeo");
    CHECK(play.romeo.refused(said(play.room, "groupchat", "<subject>Love</subject>")) == "auth forbidden");
}
