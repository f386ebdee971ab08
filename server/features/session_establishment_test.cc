#include <doctest/doctest.h>

#include "support/house.h"

using namespace chancery::test;

TEST_CASE("RFC 3921 §3: a session is granted as often as it is asked for, and cannot be read") {
    House house;
    auto& juliet = house.sign_in("juliet/balcony");
    const auto session = "<session xmlns='urn:ietf:params:xml:ns:xmpp-session'/>";
    CHECK(juliet.may(set(session)));
    CHECK(juliet.may(set(session, House::domain)));
    CHECK(juliet.refused(get(session)) == "cancel service-unavailable");
}

TEST_CASE("RFC 3921 §3: a session of somebody else is service-unavailable") {
    House house;
    house.has("romeo");
    CHECK(house.sign_in("juliet/balcony").refused(set("<session xmlns='urn:ietf:params:xml:ns:xmpp-session'/>", "romeo@post.example")) ==
          "cancel service-unavailable");
}
