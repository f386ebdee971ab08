#include <doctest/doctest.h>

#include "core/host.h"
#include "support/house.h"

using namespace chancery::test;

namespace {

std::string query(const std::string& content) { return set("<query xmlns='jabber:iq:register'>" + content + "</query>"); }

}  // namespace

TEST_CASE("XEP-0077 §3.2: who closes their account in-band is not-allowed to") {
    House house;
    CHECK(house.sign_in("juliet/balcony").refused(query("<remove/>")) == "cancel not-allowed");
}

TEST_CASE("XEP-0077 §3.2: a removal that is not the only child is bad-request") {
    House house;
    CHECK(house.sign_in("juliet/balcony").refused(query("<remove/><username>juliet</username>")) == "modify bad-request");
}

TEST_CASE("XEP-0077 §3.1: an account of another name is not-allowed") {
    House house;
    auto& juliet = house.sign_in("juliet/balcony");
    CHECK(juliet.refused(query("<username>rosaline</username><password>secret</password>")) == "cancel not-allowed");
    CHECK(juliet.refused(query("<username>@@</username><password>secret</password>")) == "cancel not-allowed");
}

TEST_CASE("XEP-0077 §3.3: a change of password that is not complete is bad-request") {
    House house;
    auto& juliet = house.sign_in("juliet/balcony");
    CHECK(juliet.refused(query("<username>juliet</username>")) == "modify bad-request");
    CHECK(juliet.refused(query("<password>secret</password>")) == "modify bad-request");
    CHECK(juliet.refused(query("<username/><password>secret</password>")) == "modify bad-request");
    CHECK(juliet.refused(query("")) == "modify bad-request");
}

TEST_CASE("XEP-0077 §3.3: an empty password, or one that cannot be typed, is not-acceptable") {
    House house;
    auto& juliet = house.sign_in("juliet/balcony");
    CHECK(juliet.refused(query("<username>juliet</username><password/>")) == "modify not-acceptable");
    CHECK(juliet.refused(query("<username>juliet</username><password>a&#x9;b</password>")) == "modify not-acceptable");
}

TEST_CASE("XEP-0077 §3.3: a change by a device that came by a token is not-authorized") {
    House house;
    auto& juliet = house.sign_in("juliet/balcony");
    house.at_home([&](chancery::Host& host) {
        const auto jid = *chancery::Jid::parse(juliet.jid());
        host.home_of(jid).find(jid)->installation = std::make_unique<chancery::Installation>(chancery::Installation{.id = "phone", .by_token = true});
    });
    CHECK(juliet.refused(query("<username>juliet</username><password>secret</password>")) == "auth not-authorized");
}

TEST_CASE("XEP-0077 §3.3: of an account that is no more, item-not-found") {
    House house;
    auto& juliet = house.sign_in("juliet/balcony");
    house.at_home([](chancery::Host& host) { CHECK(host.accounts().remove_now("juliet")); });
    CHECK(juliet.refused(query("<username>juliet</username><password>secret</password>")) == "cancel item-not-found");
}
