#include <doctest/doctest.h>

#include "support/play.h"

using namespace chancery::test;

namespace {

std::string letter(const std::string& kind, const std::string& to) {
    return "<message to='hall@rooms.post.example'><x xmlns='http://jabber.org/protocol/muc#user'><" + kind + " to='" + to + "'/></x></message>";
}

}  // namespace

TEST_CASE("XEP-0045 §7.8.2, §9.5: to invite where one may not is forbidden") {
    Play play({{"muc#roomconfig_allowinvites", "0"}});
    play.house.has("mercutio");
    play.enters(play.romeo, "romeo");
    CHECK(play.romeo.refused(letter("invite", "mercutio@post.example")) == "auth forbidden");
}

TEST_CASE("XEP-0045 §7.8.2: to invite to a room in which one is not is forbidden") {
    Play play;
    play.house.has("mercutio");
    CHECK(play.romeo.refused(letter("invite", "mercutio@post.example")) == "auth forbidden");
}

TEST_CASE("XEP-0045 §7.8.2: to invite nobody is item-not-found") {
    Play play;
    CHECK(play.juliet.refused(letter("invite", "nobody@post.example")) == "cancel item-not-found");
}

TEST_CASE("XEP-0045 §7.8.2: to decline what one was not invited to is item-not-found") {
    Play play;
    CHECK(play.romeo.refused(letter("decline", "juliet@post.example")) == "cancel item-not-found");
    CHECK(play.juliet.hears_nothing("<message/>", {&play.romeo}));
}
