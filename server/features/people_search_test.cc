#include <doctest/doctest.h>

#include "support/house.h"

using namespace chancery::test;

namespace {

std::string search(const std::string& content) { return set("<query xmlns='jabber:iq:search'>" + content + "</query>", House::domain); }

}  // namespace

TEST_CASE("XEP-0055 §3, XEP-0068: a form of another type is bad-request") {
    House house;
    CHECK(house.sign_in("juliet/balcony").refused(search(form("urn:example:another", {{"user", "romeo"}}))) == "modify bad-request");
}

TEST_CASE("XEP-0055 §2.2: more people than are shown are not-acceptable") {
    House house;
    auto& juliet = house.sign_in("juliet/balcony");
    for (int i = 0; i < 101; ++i) house.has("capulet-" + std::to_string(i));
    CHECK(juliet.refused(search(form("jabber:iq:search", {{"user", "capulet"}}))) == "modify not-acceptable");
    CHECK(juliet.may(search(form("jabber:iq:search", {{"user", "capulet-10"}}))));
}

TEST_CASE("XEP-0055 §2: a search that is switched off is service-unavailable") {
    House house({{"policy.people_search", "false"}});
    auto& juliet = house.sign_in("juliet/balcony");
    CHECK(juliet.refused(get("<query xmlns='jabber:iq:search'/>", House::domain)) == "cancel service-unavailable");
    CHECK(juliet.refused(search("<first>Romeo</first>")) == "cancel service-unavailable");
}
