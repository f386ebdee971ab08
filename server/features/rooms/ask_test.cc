#include <doctest/doctest.h>

#include "support/play.h"

using namespace chancery::test;

namespace {

std::string letter(const std::string& form_type, const Fields& fields) {
    return "<message to='hall@rooms.post.example'>" + form("http://jabber.org/protocol/" + form_type, fields) + "</message>";
}

}  // namespace

TEST_CASE("XEP-0045 §7.13: who has voice already is forbidden to ask for it") {
    Play play;
    play.enters(play.romeo, "romeo");
    CHECK(play.romeo.refused(letter("muc#request", {{"muc#role", "participant"}})) == "auth forbidden");
}

TEST_CASE("XEP-0045 §8.6: who is no moderator is forbidden to decide about voice") {
    Play play({{"muc#roomconfig_moderatedroom", "1"}});
    play.enters(play.romeo, "romeo");
    CHECK(play.romeo.refused(letter("muc#request", {{"muc#roomnick", "romeo"}, {"muc#request_allow", "1"}})) == "auth forbidden");
    CHECK(play.romeo.refused("<message to='hall@rooms.post.example' type='groupchat'><body>Hist!</body></message>") == "auth forbidden");
}

TEST_CASE("XEP-0045 §9.9: who does not administer is forbidden to decide about members") {
    Play play({{"muc#roomconfig_membersonly", "1"}});
    REQUIRE(play.makes(play.romeo, "member"));
    play.enters(play.romeo, "romeo");
    CHECK(play.romeo.refused(letter("muc#register", {{"muc#register_jid", "tybalt@post.example"}, {"muc#register_allow", "1"}})) == "auth forbidden");
}
