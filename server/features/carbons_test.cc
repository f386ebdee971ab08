#include <doctest/doctest.h>

#include "support/house.h"

using namespace chancery::test;

namespace {

const auto enable = "<enable xmlns='urn:xmpp:carbons:2'/>", disable = "<disable xmlns='urn:xmpp:carbons:2'/>";

}  // namespace

TEST_CASE("XEP-0280 §10.1: to switch copies on or off twice is no error") {
    House house;
    auto& juliet = house.sign_in("juliet/balcony");
    for (const auto* request : {disable, enable, enable, disable, disable}) CHECK(juliet.may(set(request)));
}

TEST_CASE("XEP-0280 §5.1: copies of somebody else are service-unavailable") {
    House house;
    house.has("romeo");
    auto& juliet = house.sign_in("juliet/balcony");
    CHECK(juliet.refused(set(enable, "romeo@post.example")) == "cancel service-unavailable");
    CHECK(juliet.refused(set(disable, "romeo@post.example")) == "cancel service-unavailable");
}

TEST_CASE("XEP-0280 §4: to ask whether copies are on is service-unavailable") {
    House house;
    CHECK(house.sign_in("juliet/balcony").refused(get(enable)) == "cancel service-unavailable");
}
