#include <doctest/doctest.h>

#include "support/house.h"

using namespace chancery::test;

TEST_CASE("XEP-0092 §3: who has no software is service-unavailable: an account, and a version to be set") {
    House house;
    auto& juliet = house.sign_in("juliet/balcony");
    const auto question = "<query xmlns='jabber:iq:version'/>";
    CHECK(juliet.refused(get(question, juliet.bare())) == "cancel service-unavailable");
    CHECK(juliet.refused(set(question, House::domain)) == "cancel service-unavailable");
    CHECK(juliet.may(get(question, House::domain)));
}
