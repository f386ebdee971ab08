#include <doctest/doctest.h>

#include "support/nodes.h"

using namespace chancery::test;

namespace {

const auto question = "<vCard xmlns='vcard-temp'/>";
const std::string card = "<vCard xmlns='vcard-temp'><FN>Juliet Capulet</FN></vCard>";

}  // namespace

TEST_CASE("XEP-0054 §3.1: one's own card that was never set is empty") {
    House house;
    CHECK(matches("<iq type='result'><vCard xmlns='vcard-temp'/></iq>", house.sign_in("juliet/balcony").asks(get(question))));
}

TEST_CASE("XEP-0054 §3.2: to set somebody else's card is forbidden, whether there is such a person or not") {
    House house;
    house.has("romeo");
    auto& juliet = house.sign_in("juliet/balcony");
    CHECK(juliet.refused(set(card, "romeo@post.example")) == "auth forbidden");
    CHECK(juliet.refused(set(card, "nobody@post.example")) == "auth forbidden");
}

TEST_CASE("XEP-0054 §3.3: no card and no such person are the same: service-unavailable") {
    House house;
    house.has("romeo");
    auto& juliet = house.sign_in("juliet/balcony");
    CHECK(juliet.refused(get(question, "romeo@post.example")) == "cancel service-unavailable");
    CHECK(juliet.refused(get(question, "nobody@post.example")) == "cancel service-unavailable");
}

TEST_CASE("XEP-0054 §3.2: a card for which there is no room is resource-constraint, and the old one stays") {
    House house({{"limits.pubsub_kib", "64"}});
    auto& juliet = house.sign_in("juliet/balcony");
    REQUIRE(juliet.may(set(card)));
    REQUIRE(juliet.may(set(publish("letters", "<item><big xmlns='urn:example:big'>" + std::string(40 * 1'024, 'x') + "</big></item>"))));
    CHECK(juliet.refused(set("<vCard xmlns='vcard-temp'><DESC>" + std::string(30 * 1'024, 'x') + "</DESC></vCard>")) == "wait resource-constraint");
    CHECK(juliet.asks(get(question)).contains("Juliet Capulet"));
}
