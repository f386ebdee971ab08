#include <doctest/doctest.h>

#include "support/play.h"

using namespace chancery::test;

namespace {

std::string history(const Fields& fields = {}) {
    return set("<query xmlns='urn:xmpp:mam:2'>" + form("urn:xmpp:mam:2", fields) + "</query>", Play::room);
}
const auto history_form = get("<query xmlns='urn:xmpp:mam:2'/>", Play::room), bounds = get("<metadata xmlns='urn:xmpp:mam:2'/>", Play::room);

}  // namespace

TEST_CASE("XEP-0313 §8.1: who may not enter the room is forbidden to read what was said in it") {
    Play members({{"muc#roomconfig_membersonly", "1"}});
    for (const auto& question : {history(), history_form, bounds}) CHECK(members.romeo.refused(question) == "auth forbidden");
    Play secret({{"muc#roomconfig_passwordprotectedroom", "1"}, {"muc#roomconfig_roomsecret", "cauldronburn"}});
    for (const auto& question : {history(), history_form, bounds}) CHECK(secret.romeo.refused(question) == "auth forbidden");
    Play open;
    CHECK(open.romeo.may(history_form));
    REQUIRE(open.makes(open.romeo, "outcast"));
    for (const auto& question : {history(), history_form, bounds}) CHECK(open.romeo.refused(question) == "auth forbidden");
}

TEST_CASE("XEP-0313 §4.1.1, §8.1: where addresses are hidden, to filter by person is feature-not-implemented") {
    Play play;
    play.enters(play.romeo, "romeo");
    CHECK(play.romeo.refused(history({{"with", "juliet@post.example"}})) == "cancel feature-not-implemented");
}

TEST_CASE("XEP-0313 §4.1.3: an id that is not in the room's archive is item-not-found") {
    Play play;
    CHECK(play.juliet.refused(history({{"after-id", "none"}})) == "cancel item-not-found");
}
