#include <doctest/doctest.h>

#include "support/nodes.h"

using namespace chancery::test;

TEST_CASE("XEP-0060 §12.18: more nodes than a person may have are resource-constraint") {
    House house({{"limits.pubsub_nodes", "1"}});
    auto& juliet = house.sign_in("juliet/balcony");
    REQUIRE(juliet.may(set(create("first"))));
    CHECK(juliet.refused(set(create("second"))) == "wait resource-constraint");
    CHECK(juliet.refused(set(publish("second"))) == "wait resource-constraint");
}

TEST_CASE("XEP-0060 §7.1.3.5: what is too big for any node is not-acceptable, with <payload-too-big/>") {
    House house({{"limits.pubsub_kib", "64"}});
    auto& juliet = house.sign_in("juliet/balcony");
    const auto big = "<item><big xmlns='urn:example:big'>" + std::string(65 * 1'024, 'x') + "</big></item>";
    CHECK(juliet.refused(set(publish("news", big))) == "modify not-acceptable payload-too-big");
}

TEST_CASE("XEP-0060 §7.1.3.5: what would have its place if there were less of other things is resource-constraint") {
    House house({{"limits.pubsub_kib", "64"}});
    auto& juliet = house.sign_in("juliet/balcony");
    const auto item = [](const std::string& id) {
        return "<item id='" + id + "'><big xmlns='urn:example:big'>" + std::string(40 * 1'024, 'x') + "</big></item>";
    };
    REQUIRE(juliet.may(set(create("letters", {{"pubsub#max_items", "max"}}))));
    REQUIRE(juliet.may(set(publish("letters", item("first")))));
    CHECK(juliet.refused(set(publish("letters", item("second")))) == "wait resource-constraint");
}
