#include <doctest/doctest.h>

#include "support/commands.h"

using namespace chancery::test;

namespace {

const std::string node = "http://jabber.org/protocol/admin#";

}  // namespace

TEST_CASE("XEP-0133 §4.5: to end a session that is none is item-not-found") {
    House house;
    auto& tybalt = house.sign_in("tybalt/sword");
    auto& nurse = house.sign_in_administrator("nurse/kitchen");
    CHECK(nurse.refused(command(node + "end-user-session", {{"accountjids", "tybalt@post.example/shield"}})) == "cancel item-not-found");
    CHECK(tybalt.may(get("<ping xmlns='urn:xmpp:ping'/>")));
}

TEST_CASE("XEP-0133 §4.23: to announce nothing is not-acceptable") {
    House house;
    auto& nurse = house.sign_in_administrator("nurse/kitchen").is_here();
    CHECK(nurse.refused(command(node + "announce", {{"announcement", ""}})) == "modify not-acceptable");
    CHECK(nurse.hears_nothing());
}

TEST_CASE("XEP-0133 §4.10: statistics of nobody are item-not-found") {
    House house;
    auto& nurse = house.sign_in_administrator("nurse/kitchen");
    CHECK(nurse.refused(command(node + "user-stats", {{"accountjid", "nobody@post.example"}})) == "cancel item-not-found");
}
