#include <doctest/doctest.h>

#include "support/commands.h"

using namespace chancery::test;

namespace {

const std::string node = "http://jabber.org/protocol/admin#delete-user";

}  // namespace

TEST_CASE("XEP-0133 §4.2: to remove oneself is not-allowed") {
    House house;
    auto& nurse = house.sign_in_administrator("nurse/kitchen");
    CHECK(nurse.refused(command(node, {{"accountjids", "nurse@post.example"}})) == "cancel not-allowed");
    CHECK(nurse.refused(command(node, {{"accountjids", "nurse@post.example"}}, "action='complete'")) == "cancel not-allowed");
}

TEST_CASE("XEP-0133 §4.2: to remove nobody is item-not-found") {
    House house;
    auto& nurse = house.sign_in_administrator("nurse/kitchen");
    CHECK(nurse.refused(command(node, {{"accountjids", "nobody@post.example"}})) == "cancel item-not-found");
}

TEST_CASE("XEP-0133 §4.2: a removal that is not confirmed is not-acceptable, and nobody is removed") {
    House house;
    auto& tybalt = house.sign_in("tybalt/sword");
    auto& nurse = house.sign_in_administrator("nurse/kitchen");
    const auto session = session_in(nurse.asks(command(node, {{"accountjids", "tybalt@post.example"}})));
    CHECK(nurse.refused(command(node, {{"confirm", "0"}}, session)) == "modify not-acceptable");
    CHECK(tybalt.may(get("<ping xmlns='urn:xmpp:ping'/>")));
}
