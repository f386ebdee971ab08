#include "core/stanza_id.h"

#include <doctest/doctest.h>

using namespace chancery;

TEST_CASE("AnIdGoesBackToItsPositionAndSaysNothingOfIt") {
    const StanzaIds ids(Key::random());
    CHECK(ids.position(ids.of(0)) == 0);
    CHECK(ids.position(ids.of(4'000'000'000'000)) == 4'000'000'000'000);
    CHECK(ids.of(1).size() == 32);
    CHECK(ids.of(1) == ids.of(1));
    CHECK(ids.of(1).substr(0, 8) != ids.of(2).substr(0, 8));
}

TEST_CASE("TheIdsOfManyAreThoseOfEach") {
    const StanzaIds ids(Key::random());
    CHECK(ids.of_each({}).empty());
    const std::uint64_t positions[] = {7, 0, 4'000'000'000'000, 7};
    std::string expected;
    for (const auto position : positions) expected += ids.of(position);
    CHECK(ids.of_each(positions) == expected);
    CHECK(ids.of(7).size() == StanzaIds::size);
}

TEST_CASE("AMadeUpIdIsKnownAsSuch") {
    const StanzaIds ids(Key::random()), others(Key::random());
    for (auto id : {"", "1", "00000000000000000000000000000000", "zz"}) CHECK_FALSE(ids.position(id));
    CHECK_FALSE(ids.position(others.of(7)));
}
