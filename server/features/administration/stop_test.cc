#include <doctest/doctest.h>

#include "support/commands.h"

using namespace chancery::test;

namespace {

const std::string node = "http://jabber.org/protocol/admin#";

}  // namespace

TEST_CASE("XEP-0133 §4.30, §4.31: a delay that is none, or too long, is not-acceptable") {
    House house;
    auto& nurse = house.sign_in_administrator("nurse/kitchen");
    for (const auto* delay : {"", "soon", "-1", "3601", "60 "}) {
        CAPTURE(delay);
        CHECK(nurse.refused(command(node + "shutdown", {{"delay", delay}})) == "modify not-acceptable");
        CHECK(nurse.refused(command(node + "restart", {{"delay", delay}})) == "modify not-acceptable");
    }
}

TEST_CASE("XEP-0133 §4.30, §4.31: to stop what stops already is conflict") {
    House house;
    auto& nurse = house.sign_in_administrator("nurse/kitchen");
    CHECK(nurse.may(command(node + "shutdown", {{"delay", "3600"}})));
    CHECK(nurse.refused(command(node + "shutdown", {{"delay", "3600"}})) == "cancel conflict");
    CHECK(nurse.refused(command(node + "restart", {{"delay", "3600"}})) == "cancel conflict");
}
