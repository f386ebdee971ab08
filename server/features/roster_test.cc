#include <doctest/doctest.h>

#include "support/house.h"

using namespace chancery::test;

namespace {

std::string query(const std::string& items) { return "<query xmlns='jabber:iq:roster'>" + items + "</query>"; }
std::string romeo_in(const std::string& groups) { return query("<item jid='romeo@post.example'>" + groups + "</item>"); }

}  // namespace

TEST_CASE("RFC 6121 §2.1.3: a request for the list with an item in it is bad-request") {
    House house;
    CHECK(house.sign_in("juliet/balcony").refused(get(romeo_in(""))) == "modify bad-request");
}

TEST_CASE("RFC 6121 §2.3.3: somebody else's list is forbidden to change, whether there is such a person or not") {
    House house;
    house.has("romeo");
    auto& juliet = house.sign_in("juliet/balcony");
    CHECK(juliet.refused(set(romeo_in(""), "romeo@post.example")) == "auth forbidden");
    CHECK(juliet.refused(set(romeo_in(""), "nobody@post.example")) == "auth forbidden");
}

TEST_CASE("RFC 6121 §2.3.3: no item, or two, are bad-request") {
    House house;
    auto& juliet = house.sign_in("juliet/balcony");
    CHECK(juliet.refused(set(query(""))) == "modify bad-request");
    CHECK(juliet.refused(set(query("<item jid='romeo@post.example'/><item jid='tybalt@post.example'/>"))) == "modify bad-request");
}

TEST_CASE("RFC 6121 §2.3.3: an item without a valid address is bad-request") {
    House house;
    auto& juliet = house.sign_in("juliet/balcony");
    CHECK(juliet.refused(set(query("<item/>"))) == "modify bad-request");
    CHECK(juliet.refused(set(query("<item jid='@@'/>"))) == "modify bad-request");
}

TEST_CASE("RFC 6121 §2.3.3: a group that is named twice is bad-request") {
    House house;
    CHECK(house.sign_in("juliet/balcony").refused(set(romeo_in("<group>Friends</group><group>Friends</group>"))) == "modify bad-request");
}

TEST_CASE("RFC 6121 §2.3.3: a name that is too long, and a group without a name or with one too long, are not-acceptable") {
    House house;
    auto& juliet = house.sign_in("juliet/balcony");
    const std::string many(1'024, 'x');
    CHECK(juliet.refused(set(query("<item jid='romeo@post.example' name='" + many + "'/>"))) == "modify not-acceptable");
    CHECK(juliet.refused(set(romeo_in("<group/>"))) == "modify not-acceptable");
    CHECK(juliet.refused(set(romeo_in("<group>" + many + "</group>"))) == "modify not-acceptable");
}

TEST_CASE("RFC 6121 §2.5.3: to remove who is not on the list is item-not-found") {
    House house;
    CHECK(house.sign_in("juliet/balcony").refused(set(query("<item jid='romeo@post.example' subscription='remove'/>"))) == "cancel item-not-found");
}

TEST_CASE("RFC 6121 §2.3.3: more contacts than the list holds are resource-constraint") {
    House house({{"limits.roster_items", "1"}});
    auto& juliet = house.sign_in("juliet/balcony");
    REQUIRE(juliet.may(set(romeo_in(""))));
    CHECK(juliet.refused(set(query("<item jid='tybalt@post.example'/>"))) == "wait resource-constraint");
    CHECK(juliet.may(set(romeo_in("<group>Friends</group>"))));
}
