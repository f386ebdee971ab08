#include <doctest/doctest.h>

#include "support/play.h"

using namespace chancery::test;

namespace {

std::string info(const std::string& node) { return "<query xmlns='http://jabber.org/protocol/disco#info' node='" + node + "'/>"; }
std::string items(const std::string& node) { return "<query xmlns='http://jabber.org/protocol/disco#items' node='" + node + "'/>"; }

}  // namespace

TEST_CASE("XEP-0030 §7: a node that a room or the service does not have is item-not-found") {
    Play play;
    for (const std::string& to : {Play::room, std::string("rooms.post.example")}) {
        CHECK(play.romeo.refused(get(info("none"), to)) == "cancel item-not-found");
        CHECK(play.romeo.refused(get(items("none"), to)) == "cancel item-not-found");
    }
}

TEST_CASE("XEP-0045 §18.1.1: which namespaces a room lets pass is service-unavailable: all of them") {
    Play play;
    CHECK(play.romeo.refused(get(info("http://jabber.org/protocol/muc#traffic"), play.room)) == "cancel service-unavailable");
}

TEST_CASE("XEP-0045 §7.12: who has reserved no nickname is told so, without an error") {
    Play play;
    CHECK_FALSE(play.romeo.asks(get(info("x-roomuser-item"), play.room)).contains("identity"));
}

TEST_CASE("XEP-0433 §4.2.2: a search that cannot be made is refused as the search is") {
    Play play;
    const auto search = [](const Fields& fields) {
        const auto filled_in = form("urn:xmpp:channel-search:0:search-params", fields);
        return get("<search xmlns='urn:xmpp:channel-search:0:search'>" + filled_in + "</search>", "rooms.post.example");
    };
    CHECK(play.romeo.refused(search({{"q", "hall"}, {"key", "colour"}})) == "modify feature-not-implemented invalid-sort-key");
    CHECK(play.romeo.refused(search({{"q", " "}})) == "modify bad-request invalid-search-terms");
    CHECK(play.romeo.refused(search({{"q", "hall"}, {"all", "1"}})) == "modify bad-request conflicting-fields");
    CHECK(play.romeo.refused(search({{"sinname", "1"}})) == "modify bad-request no-search-conditions");
    CHECK(play.romeo.may(search({{"q", "nowhere"}})));
}
