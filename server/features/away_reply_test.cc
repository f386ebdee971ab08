#include <doctest/doctest.h>

#include "support/commands.h"

using namespace chancery::test;

TEST_CASE("urn:chancery:away: an away message that is too long is not-acceptable, and the old one stays") {
    House house;
    auto& juliet = house.sign_in("juliet/balcony");
    REQUIRE(juliet.may(command("urn:chancery:away", {{"text", "At the friar's cell."}})));
    CHECK(juliet.refused(command("urn:chancery:away", {{"text", std::string(4'097, 'x')}})) == "modify not-acceptable");
    CHECK(juliet.asks(command("urn:chancery:away")).contains("cell"));
}
