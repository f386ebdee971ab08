#include "features/rooms/occupants.h"

#include <doctest/doctest.h>

namespace chancery::rooms {
namespace {

Occupant somebody(std::string nick, std::string_view device, Role role = Role::participant) {
    return {.nick = std::move(nick), .id_bytes = {}, .role = role, .devices = {{*Jid::parse(device), {}}}};
}

std::vector<std::string> nicks(const Occupants::List& list) {
    std::vector<std::string> found;
    for (const auto& each : list) found.push_back(each->nick);
    return found;
}

}  // namespace

TEST_CASE("Occupants: are found by nickname, device and person whatever they become") {
    Occupants people;
    auto& romeo = people.add(somebody("rom", "romeo@verona.example/a"));
    people.add(somebody("ju", "juliet@verona.example/a", Role::moderator));
    people.add_device(romeo, {*Jid::parse("romeo@verona.example/b"), {}});
    CHECK(people.size() == 2);
    CHECK(people.device_count() == 3);
    people.rename(romeo, "montague");
    people.set_role(romeo, Role::visitor);
    CHECK_FALSE(people.with_nick("rom"));
    CHECK(people.with_nick("montague") == &romeo);
    CHECK(people.on(*Jid::parse("romeo@verona.example/b")) == &romeo);
    CHECK_FALSE(people.on(*Jid::parse("romeo@verona.example/c")));
    CHECK(people.of(*Jid::parse("romeo@verona.example")) == std::vector{&romeo});
    CHECK(people.of(*Jid::parse("verona.example")).size() == 2);
    CHECK(nicks(people.in_role(Role::visitor)) == std::vector<std::string>{"montague"});
    CHECK(nicks(people.in_role(Role::moderator)) == std::vector<std::string>{"ju"});
}

TEST_CASE("Occupants: one person may be there under two nicknames, and leaves with the last device of each") {
    Occupants people;
    people.add(somebody("one", "romeo@verona.example/a"));
    people.add(somebody("two", "romeo@verona.example/b"));
    CHECK(people.of(*Jid::parse("romeo@verona.example")).size() == 2);
    people.take_out(*Jid::parse("romeo@verona.example/a"));
    CHECK_FALSE(people.with_nick("one"));
    CHECK(people.on(*Jid::parse("romeo@verona.example/b"))->nick == "two");
    people.take_out(*Jid::parse("romeo@verona.example/b"));
    CHECK(people.size() == 0);
    CHECK(people.all().empty());
}

TEST_CASE("XEP-0045 §7.2.1: a nickname that nobody could tell from others, or that is none, is not-acceptable") {
    for (const auto& nick : {std::string(), std::string(" rom"), std::string("rom "), std::string("rom  eo"), std::string(257, 'r')}) {
        CAPTURE(nick);
        const auto checked = check_nick(nick);
        REQUIRE_FALSE(checked);
        CHECK(checked.error().condition == Condition::not_acceptable);
    }
    CHECK(check_nick("rom eo"));
}

}  // namespace chancery::rooms
