#include <doctest/doctest.h>

#include "support/house.h"

using namespace chancery::test;

namespace {

const auto question = "<query xmlns='jabber:iq:last'/>";

}  // namespace

TEST_CASE("XEP-0012 §3: who does not see the person's presence is forbidden, whether there is such a person or not") {
    House house;
    house.has("romeo");
    auto& juliet = house.sign_in("juliet/balcony");
    CHECK(juliet.refused(get(question, "romeo@post.example")) == "auth forbidden");
    CHECK(juliet.refused(get(question, "nobody@post.example")) == "auth forbidden");
}

TEST_CASE("XEP-0012 §4: who does not see the person's presence is forbidden to ask their client, and it is not asked") {
    House house;
    auto& juliet = house.sign_in("juliet/balcony").is_here();
    auto& romeo = house.sign_in("romeo/orchard").is_here();
    CHECK(juliet.refused(get(question, romeo.jid())) == "auth forbidden");
    CHECK(romeo.hears_nothing("<iq type='get'/>", {&juliet}));
}

TEST_CASE("XEP-0012 §4: who sees the person's presence may ask their client") {
    House house;
    auto& juliet = house.sign_in("juliet/balcony");
    auto& romeo = house.sign_in("romeo/orchard");
    house.become_friends(juliet, romeo);
    juliet.says("<iq type='get' id='last' to='" + romeo.jid() + "'><query xmlns='jabber:iq:last'/></iq>");
    CHECK(romeo.hears("<iq type='get' id='last' from='" + juliet.jid() + "'><query xmlns='jabber:iq:last'/></iq>"));
}

TEST_CASE("XEP-0012 §3: of somebody who was never here, item-not-found") {
    House house;
    CHECK(house.sign_in("juliet/balcony").refused(get(question, "juliet@post.example")) == "cancel item-not-found");
}
