#include <doctest/doctest.h>

#include "support/house.h"

using namespace chancery::test;

namespace {

const std::string info = "<query xmlns='http://jabber.org/protocol/disco#info'/>", items = "<query xmlns='http://jabber.org/protocol/disco#items'/>";
const std::string info_of_none = "<query xmlns='http://jabber.org/protocol/disco#info' node='none'/>",
                  items_of_none = "<query xmlns='http://jabber.org/protocol/disco#items' node='none'/>";

}  // namespace

TEST_CASE("XEP-0030 §7: a node that the server does not have is item-not-found") {
    House house;
    auto& juliet = house.sign_in("juliet/balcony");
    CHECK(juliet.refused(get(info_of_none, House::domain)) == "cancel item-not-found");
    CHECK(juliet.refused(get(items_of_none, House::domain)) == "cancel item-not-found");
}

TEST_CASE("XEP-0030 §7: a node that one does not have oneself is item-not-found") {
    House house;
    auto& juliet = house.sign_in("juliet/balcony");
    CHECK(juliet.refused(get(info_of_none, juliet.bare())) == "cancel item-not-found");
    CHECK(juliet.refused(get(items_of_none, juliet.bare())) == "cancel item-not-found");
}

TEST_CASE("XEP-0030 §8: what somebody is like is service-unavailable to strangers, whether there is such a person or not") {
    House house;
    house.has("romeo");
    auto& juliet = house.sign_in("juliet/balcony");
    for (const std::string other : {"romeo@post.example", "nobody@post.example"}) {
        CHECK(juliet.refused(get(info, other)) == "cancel service-unavailable");
        CHECK(juliet.refused(get(info_of_none, other)) == "cancel service-unavailable");
    }
}

TEST_CASE("XEP-0030 §8: what somebody has is an empty list for strangers, whether there is such a person or not") {
    House house;
    house.has("romeo");
    auto& juliet = house.sign_in("juliet/balcony");
    for (const std::string other : {"romeo@post.example", "nobody@post.example"}) {
        CHECK_FALSE(juliet.asks(get(items, other)).contains("<item "));
        CHECK_FALSE(juliet.asks(get(items_of_none, other)).contains("<item "));
    }
}

TEST_CASE("XEP-0050 §2.2: a command for administrators is forbidden to others") {
    House house;
    const auto about = "<query xmlns='http://jabber.org/protocol/disco#info' node='http://jabber.org/protocol/admin#add-user'/>";
    CHECK(house.sign_in("juliet/balcony").refused(get(about, House::domain)) == "auth forbidden");
    CHECK(house.sign_in_administrator("nurse/kitchen").may(get(about, House::domain)));
}

TEST_CASE("XEP-0030 §3.1: a client that is not there is service-unavailable") {
    House house;
    auto& juliet = house.sign_in("juliet/balcony");
    CHECK(juliet.refused(get(info, "juliet@post.example/tomb")) == "cancel service-unavailable");
}
