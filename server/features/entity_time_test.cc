#include <doctest/doctest.h>

#include "support/house.h"

using namespace chancery::test;

TEST_CASE("XEP-0202 §3: who has no clock is service-unavailable: an account, and a time to be set") {
    House house;
    auto& juliet = house.sign_in("juliet/balcony");
    const auto question = "<time xmlns='urn:xmpp:time'/>";
    CHECK(juliet.refused(get(question, juliet.bare())) == "cancel service-unavailable");
    CHECK(juliet.refused(set(question, House::domain)) == "cancel service-unavailable");
    CHECK(juliet.may(get(question, House::domain)));
}
