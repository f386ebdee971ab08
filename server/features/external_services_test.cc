#include <doctest/doctest.h>

#include "support/house.h"

using namespace chancery::test;

namespace {

const House::Settings with_turn{{"turn.host", "turn.post.example"}, {"turn.secret", "north-south-east-west-0123"}};

std::string credentials(const std::string& services) { return get("<credentials xmlns='urn:xmpp:extdisco:2'>" + services + "</credentials>", House::domain); }

}  // namespace

TEST_CASE("XEP-0215 §2: a server without external services is service-unavailable") {
    House house;
    auto& juliet = house.sign_in("juliet/balcony");
    CHECK(juliet.refused(get("<services xmlns='urn:xmpp:extdisco:2'/>", House::domain)) == "cancel service-unavailable");
    CHECK(juliet.refused(credentials("<service host='turn.post.example' type='turn'/>")) == "cancel service-unavailable");
}

TEST_CASE("XEP-0215 §3.3: credentials for a service that is not named by host and type are bad-request") {
    House house(with_turn);
    auto& juliet = house.sign_in("juliet/balcony");
    for (const std::string service : {"", "<service/>", "<service host='turn.post.example'/>", "<service type='turn'/>"})
        CHECK(juliet.refused(credentials(service)) == "modify bad-request");
}

TEST_CASE("XEP-0215 §3.3: credentials for a service that does not exist are item-not-found") {
    House house(with_turn);
    auto& juliet = house.sign_in("juliet/balcony");
    for (const std::string service : {"<service host='turn.elsewhere.example' type='turn'/>", "<service host='turn.post.example' type='ftp'/>",
                                      "<service host='turn.post.example' type='turn' port='1'/>"})
        CHECK(juliet.refused(credentials(service)) == "cancel item-not-found");
}
