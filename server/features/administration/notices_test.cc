#include <doctest/doctest.h>

#include "support/commands.h"

using namespace chancery::test;

namespace {

const std::string node = "http://jabber.org/protocol/admin#";

}  // namespace

TEST_CASE("XEP-0133 §4.24, §4.25, §4.27: a notice without words is not-acceptable, and nobody reads it") {
    House house;
    auto& nurse = house.sign_in_administrator("nurse/kitchen").is_here();
    CHECK(nurse.refused(command(node + "set-motd", {{"motd", ""}})) == "modify not-acceptable");
    CHECK(nurse.refused(command(node + "edit-motd", {{"motd", ""}})) == "modify not-acceptable");
    CHECK(nurse.refused(command(node + "set-welcome", {{"welcome", ""}})) == "modify not-acceptable");
    CHECK(nurse.hears_nothing());
}

TEST_CASE("XEP-0133 §4.25, §4.26, §4.28: to change a notice that is not there is item-not-found, and to delete it is done") {
    House house;
    auto& nurse = house.sign_in_administrator("nurse/kitchen");
    CHECK(nurse.refused(command(node + "edit-motd", {{"motd", "The ball is at nine."}})) == "cancel item-not-found");
    CHECK(nurse.may(command(node + "delete-motd")));
    CHECK(nurse.may(command(node + "delete-welcome")));
}
