#include "features/pubsub/bookmarks.h"

#include <doctest/doctest.h>

#include "support/house.h"

namespace chancery::pubsub {
namespace {

const std::string room = "theplay@conference.shakespeare.lit";
const std::string payload = "<conference xmlns='urn:xmpp:bookmarks:1' name='The Play' autojoin='1'><nick>JC</nick><password>rosebud</password>"
                            "<extensions><state xmlns='urn:example:state' minimised='true'/></extensions></conference>";

}  // namespace

TEST_CASE("ABookmarkSaysTheSameInBothForms") {
    const Item item{.id = room, .payload = payload};
    const auto old = old_bookmark(item);
    REQUIRE(old);
    CHECK(old->to_string() == "<conference xmlns='storage:bookmarks' jid='theplay@conference.shakespeare.lit' autojoin='true' name='The Play'>"
                              "<nick>JC</nick><password>rosebud</password></conference>");
    const auto back = new_bookmark(*old, &item);
    REQUIRE(back);
    CHECK(back->id == room);
    CHECK(back->payload.contains("minimised='true'"));
    CHECK(*old_bookmark(*back) == *old);
}

TEST_CASE("WhatIsNoBookmarkIsNone") {
    CHECK_FALSE(old_bookmark({.id = room, .payload = "<other xmlns='urn:xmpp:bookmarks:1'/>"}));
    CHECK_FALSE(old_bookmark({.id = "@@", .payload = payload}));
    CHECK_FALSE(new_bookmark(xml::Element("conference", "storage:bookmarks"), nullptr));
}

TEST_CASE("XEP-0048 §3.2: a bookmark of what is no address is jid-malformed, and none is kept") {
    test::House house;
    auto& juliet = house.sign_in("juliet/balcony");
    const std::string query = "<query xmlns='jabber:iq:private'><storage xmlns='storage:bookmarks'>", end = "</storage></query>";
    CHECK(juliet.refused(test::set(query + "<conference jid='hall@rooms.post.example'/><conference jid='@@'/>" + end)) == "modify jid-malformed");
    CHECK_FALSE(juliet.asks(test::get(query + end)).contains("hall@"));
}

}  // namespace chancery::pubsub
