#include "features/rooms/affiliates.h"

#include <doctest/doctest.h>

namespace chancery::rooms {
namespace {

const Jid romeo = *Jid::parse("romeo@montague.example"), juliet = *Jid::parse("juliet@capulet.example");

}  // namespace

TEST_CASE("Affiliates: a nickname is somebody's as long as they belong to the room under it") {
    Affiliates people;
    people.set(romeo, {.level = Affiliation::member, .nick = "rom"});
    REQUIRE(people.who_reserved("rom"));
    CHECK(*people.who_reserved("rom") == romeo);
    people.set(romeo, {.level = Affiliation::admin, .nick = "romeo"});
    CHECK_FALSE(people.who_reserved("rom"));
    people.set(juliet, {.level = Affiliation::member, .nick = "rom"});
    CHECK(*people.who_reserved("rom") == juliet);
    people.set(romeo, {});
    CHECK_FALSE(people.who_reserved("romeo"));
    CHECK_FALSE(people.find(romeo.text()));
    CHECK(people.size() == 1);
}

TEST_CASE("Affiliates: a change that comes to nothing leaves everybody as they were") {
    Affiliates people;
    people.set(romeo, {.level = Affiliation::owner, .nick = "rom"});
    const auto before = people.now(std::vector{romeo, juliet});
    people.set(romeo, {.level = Affiliation::outcast});
    people.set(juliet, {.level = Affiliation::owner, .nick = "rom"});
    people.put_back(before);
    CHECK(people.with(Affiliation::owner) == std::vector{romeo});
    CHECK(*people.who_reserved("rom") == romeo);
    CHECK_FALSE(people.find(juliet.text()));
}

}  // namespace chancery::rooms
