#include <doctest/doctest.h>

#include "support/commands.h"

using namespace chancery::test;

namespace {

const std::string node = "http://jabber.org/protocol/admin#";

}  // namespace

TEST_CASE("XEP-0133 §4.18-4.22: a number of people that is none is not-acceptable") {
    House house;
    auto& nurse = house.sign_in_administrator("nurse/kitchen");
    for (const std::string list : {"get-registered-users-list", "get-disabled-users-list", "get-online-users-list", "get-active-users", "get-idle-users"})
        CHECK(nurse.refused(command(node + list, {{"max_items", "many"}})) == "modify not-acceptable");
}

TEST_CASE("XEP-0133 §4.18: as many people are listed as are asked for") {
    House house;
    house.has("juliet");
    auto& nurse = house.sign_in_administrator("nurse/kitchen");
    const auto answer = nurse.asks(command(node + "get-registered-users-list", {{"max_items", "1"}}));
    CHECK(answer.contains("juliet@post.example"));
    CHECK_FALSE(answer.contains("<value>nurse@post.example</value>"));
}
