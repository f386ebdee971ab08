#include <doctest/doctest.h>

#include "support/commands.h"

using namespace chancery::test;

namespace {

const std::string node = "http://jabber.org/protocol/admin#";

}  // namespace

TEST_CASE("XEP-0133 §5: whoever is no administrator is forbidden to administer") {
    House house;
    auto& juliet = house.sign_in("juliet/balcony");
    for (const std::string each : {"add-user", "delete-user", "disable-user", "end-user-session", "get-online-users-num", "announce", "edit-admin"})
        CHECK(juliet.refused(command(node + each)) == "auth forbidden");
}

TEST_CASE("XEP-0133 §5: a command of administrators that is not offered is feature-not-implemented") {
    House house;
    CHECK(house.sign_in_administrator("nurse/kitchen").refused(command(node + "get-user-shoe-size")) == "cancel feature-not-implemented");
}

TEST_CASE("XEP-0133 §4: an address that is none is jid-malformed, and one of nobody item-not-found") {
    House house;
    auto& nurse = house.sign_in_administrator("nurse/kitchen");
    for (const std::string each : {"disable-user", "reenable-user", "end-user-session", "get-user-lastlogin", "get-user-roster", "change-user-password"}) {
        CHECK(nurse.refused(command(node + each, {{"accountjids", "@@"}})) == "modify jid-malformed");
        CHECK(nurse.refused(command(node + each, {{"accountjids", "nobody@post.example"}})) == "cancel item-not-found");
    }
}

TEST_CASE("XEP-0133 §4: a form that names nobody is bad-request") {
    House house;
    auto& nurse = house.sign_in_administrator("nurse/kitchen");
    CHECK(nurse.refused(command(node + "disable-user", {{"accountjids", ""}})) == "modify jid-malformed");
    CHECK(nurse.refused(command(node + "disable-user", {{"reason", "none"}})) == "modify bad-request bad-payload");
}

TEST_CASE("XEP-0133 §4.9: two people where one is asked for are bad-request") {
    House house;
    house.has("tybalt");
    auto& nurse = house.sign_in_administrator("nurse/kitchen");
    const Fields two{{"accountjids", "tybalt@post.example"}, {"accountjids", "nurse@post.example"}};
    CHECK(nurse.refused(command(node + "get-user-lastlogin", two)) == "modify bad-request bad-payload");
}

TEST_CASE("XEP-0133 §4: more than a thousand people at once are not-acceptable") {
    House house;
    house.has("tybalt");
    auto& nurse = house.sign_in_administrator("nurse/kitchen");
    const Fields many(1'001, {"accountjids", "tybalt@post.example"});
    CHECK(nurse.refused(command(node + "reenable-user", many)) == "modify not-acceptable");
}
