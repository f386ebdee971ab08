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

TEST_CASE("AMadeUpIdIsKnownAsSuch") {
    const StanzaIds ids(Key::random()), others(Key::random());
    for (auto id : {"", "1", "00000000000000000000000000000000", "zz"}) CHECK_FALSE(ids.position(id));
    CHECK_FALSE(ids.position(others.of(7)));
}
