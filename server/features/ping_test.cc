#include <doctest/doctest.h>

#include "support/house.h"

using namespace chancery::test;

namespace {

const auto ping = "<ping xmlns='urn:xmpp:ping'/>";

}  // namespace

TEST_CASE("XEP-0199 §4.2: a ping that would set something is service-unavailable") {
    House house;
    auto& juliet = house.sign_in("juliet/balcony");
    CHECK(juliet.may(get(ping, House::domain)));
    CHECK(juliet.refused(set(ping, House::domain)) == "cancel service-unavailable");
}

TEST_CASE("XEP-0199 §4.4, §7: a ping to somebody's account, or to a client that is not there, is service-unavailable") {
    House house;
    house.has("romeo");
    auto& juliet = house.sign_in("juliet/balcony");
    for (const std::string to : {"romeo@post.example", "romeo@post.example/orchard", "nobody@post.example", "nobody@post.example/orchard"})
        CHECK(juliet.refused(get(ping, to)) == "cancel service-unavailable");
}

TEST_CASE("XEP-0199 §4.4: what a client answers a ping with is passed back") {
    House house;
    auto& juliet = house.sign_in("juliet/balcony");
    auto& romeo = house.sign_in("romeo/orchard");
    juliet.says("<iq type='get' id='p' to='romeo@post.example/orchard'><ping xmlns='urn:xmpp:ping'/></iq>");
    CHECK(romeo.hears("<iq type='get' id='p'/>"));
    romeo.says("<iq type='error' id='p' to='juliet@post.example/balcony'><error type='cancel'>"
               "<service-unavailable xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></iq>");
    CHECK(refusal_in(juliet.heard("<iq id='p' type='error'/>")) == "cancel service-unavailable");
}
