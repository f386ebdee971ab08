#include <doctest/doctest.h>

#include "support/play.h"

using namespace chancery::test;

namespace {

std::string configured(const Fields& fields) { return set(room_config(fields), Play::room); }
std::string destroyed(const std::string& attributes = {}, const std::string& content = {}) {
    return set(owner("<destroy " + attributes + ">" + content + "</destroy>"), Play::room);
}

}  // namespace

TEST_CASE("XEP-0045 §10.2: who is no owner is forbidden to configure the room, and to see how it is configured") {
    Play play;
    REQUIRE(play.makes(play.romeo, "admin"));
    CHECK(play.romeo.refused(get(owner(""), play.room)) == "auth forbidden");
    CHECK(play.romeo.refused(configured({{"muc#roomconfig_roomname", "Cell"}})) == "auth forbidden");
}

TEST_CASE("XEP-0045 §10.2: settings in no form are bad-request") {
    Play play;
    CHECK(play.juliet.refused(set(owner(""), play.room)) == "modify bad-request");
    CHECK(play.juliet.refused(set(owner("<x xmlns='jabber:x:data' type='result'/>"), play.room)) == "modify bad-request");
}

TEST_CASE("XEP-0045 §10.1.3: settings that cannot be are not-acceptable, and nothing is set") {
    Play play;
    CHECK(play.juliet.refused(configured({{"muc#roomconfig_passwordprotectedroom", "1"}, {"muc#roomconfig_roomsecret", ""}})) == "modify not-acceptable");
    CHECK(play.juliet.refused(configured({{"muc#roomconfig_roomname", "Cell"}, {"muc#roomconfig_whois", "nobody"}})) == "modify not-acceptable");
    CHECK(play.juliet.refused(configured({{"muc#roomconfig_enablelogging", "0"}})) == "modify not-acceptable");
    CHECK_FALSE(play.juliet.asks(get(owner(""), play.room)).contains("Cell"));
}

TEST_CASE("XEP-0045 §10.2: a form that leaves the room without an owner is conflict") {
    Play play;
    const auto nobody = "<x xmlns='jabber:x:data' type='submit'><field var='muc#roomconfig_roomowners'/></x>";
    CHECK(play.juliet.refused(set(owner(nobody), play.room)) == "cancel conflict");
}

TEST_CASE("XEP-0045 §10.2: an owner whose address is none is jid-malformed") {
    Play play;
    CHECK(play.juliet.refused(configured({{"muc#roomconfig_roomowners", "@@"}})) == "modify jid-malformed");
}

TEST_CASE("XEP-0045 §10.2: more owners than the lists hold are resource-constraint") {
    Play play({}, {{"rooms.affiliations", "1"}});
    CHECK(play.juliet.refused(configured({{"muc#roomconfig_roomowners", "juliet@post.example"}, {"muc#roomconfig_roomowners", "romeo@post.example"}})) ==
          "wait resource-constraint");
}

TEST_CASE("XEP-0045 §10.9: who is no owner is forbidden to destroy the room") {
    Play play;
    REQUIRE(play.makes(play.romeo, "admin"));
    CHECK(play.romeo.refused(destroyed()) == "auth forbidden");
}

TEST_CASE("XEP-0045 §10.9: another venue whose address is none is jid-malformed, and the room stays") {
    Play play;
    CHECK(play.juliet.refused(destroyed("jid='@@'")) == "modify jid-malformed");
    play.enters(play.romeo, "romeo");
}

TEST_CASE("XEP-0045 §10.9: a reason that is too long is not-acceptable, and the room stays") {
    Play play;
    CHECK(play.juliet.refused(destroyed("", "<reason>" + std::string(2'001, 'x') + "</reason>")) == "modify not-acceptable");
    play.enters(play.romeo, "romeo");
}
