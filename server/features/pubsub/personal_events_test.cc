#include <doctest/doctest.h>

#include "support/nodes.h"

using namespace chancery::test;

TEST_CASE("XEP-0163 §3: to publish at somebody else's address is forbidden, or as if there were nobody") {
    Office office;
    REQUIRE(office.has_own_node("mood", {{"pubsub#access_model", "open"}}));
    CHECK(office.romeo.refused(set(publish("mood"), "juliet@post.example")) == "auth forbidden");
    CHECK(office.romeo.refused(set(publish("tune"), "juliet@post.example")) == "cancel service-unavailable");
    CHECK(office.romeo.refused(set(publish("tune"), "nobody@post.example")) == "cancel service-unavailable");
}

TEST_CASE("XEP-0163 §3: who sees the person's presence is told that there is no such node: item-not-found") {
    Office office;
    office.house.become_friends(office.juliet, office.romeo);
    CHECK(office.romeo.refused(get(in_pubsub("<items node='tune'/>"), "juliet@post.example")) == "cancel item-not-found");
}

TEST_CASE("XEP-0191 §3.3: the nodes of who has blocked somebody are service-unavailable to them") {
    Office office;
    REQUIRE(office.has_own_node("mood", {{"pubsub#access_model", "open"}}));
    REQUIRE(office.juliet.may(set("<block xmlns='urn:xmpp:blocking'><item jid='romeo@post.example'/></block>")));
    CHECK(office.romeo.refused(get(in_pubsub("<items node='mood'/>"), "juliet@post.example")) == "cancel service-unavailable");
}
