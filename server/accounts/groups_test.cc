#include "accounts/groups.h"

#include <doctest/doctest.h>

#include <set>
#include <string>
#include <thread>
#include <vector>

#include "support/people.h"

using namespace chancery;

namespace {

using Names = std::vector<std::string>;
using Members = std::set<std::string>;

}  // namespace

TEST_CASE("AGroupIsMadeFilledAndRemoved") {
    test::People people;
    for (const auto* name : {"clara", "romeo", "juliet"}) people.add(name);
    auto& groups = people.accounts.groups();
    CHECK(groups.add_now("Legal Department") == true);
    CHECK(groups.add_now("Board") == true);
    const auto added = groups.add_members_now("Legal Department", {"clara", "romeo"});
    REQUIRE(added);
    CHECK(added->now == Names{"clara", "romeo"});
    CHECK(groups.add_members_now("Board", {"clara"}));
    CHECK(groups.of("clara") == Names{"Board", "Legal Department"});
    CHECK(groups.of("juliet").empty());
    CHECK(groups.find("Legal Department")->members == Members{"clara", "romeo"});
    CHECK(groups.find("Legal Department")->created == people.now);

    const auto taken = groups.remove_members_now("Legal Department", {"clara", "juliet"});
    REQUIRE(taken);
    CHECK(taken->now == Names{"clara"});
    CHECK(taken->before == Names{"juliet"});
    CHECK(groups.of("clara") == Names{"Board"});

    const auto removed = groups.remove_now("Board");
    REQUIRE(removed);
    CHECK(removed->members == Members{"clara"});
    CHECK(groups.of("clara").empty());
    CHECK_FALSE(groups.find("Board"));
    CHECK(groups.list().size() == 1);
}

TEST_CASE("AGroupIsOneInWhateverCaseItsNameIsWritten") {
    test::People people;
    people.add("clara");
    auto& groups = people.accounts.groups();
    CHECK(groups.add_now(" Büro  Wien ") == true);
    CHECK(groups.add_now("BÜRO WIEN") == false);
    CHECK(groups.add_members_now("büro wien", {"clara"})->group == "Büro Wien");
    CHECK(groups.find("BÜRO\u00A0WIEN")->name == "Büro Wien");
    CHECK(groups.of("clara") == Names{"Büro Wien"});
}

TEST_CASE("WhatIsSaidTwiceIsTrueOnce") {
    test::People people;
    people.add("clara");
    auto& groups = people.accounts.groups();
    CHECK(groups.add_now("Board") == true);
    CHECK(groups.add_members_now("Board", {"clara"}));
    CHECK(groups.add_now("Board") == false);
    const auto again = groups.add_members_now("Board", {"clara"});
    REQUIRE(again);
    CHECK(again->now.empty());
    CHECK(again->before == Names{"clara"});
    CHECK(groups.find("Board")->members == Members{"clara"});
}

TEST_CASE("WhatCannotBeAGroupIsRefused") {
    test::People people;
    people.add("clara");
    auto& groups = people.accounts.groups();
    for (const auto& name : {std::string(), std::string(" "), std::string("a\nb"), std::string("\xFF"), std::string(201, 'a')})
        CHECK(groups.add_now(name).error() == GroupError::bad_name);
    CHECK(groups.remove_now("Board").error() == GroupError::unknown);
    CHECK(groups.add_members_now("Board", {"clara"}).error() == GroupError::unknown);
    CHECK(groups.remove_members_now("", {"clara"}).error() == GroupError::unknown);
    CHECK(groups.add_now("Board"));
    CHECK(groups.add_members_now("Board", {"clara", "nobody"}).error() == GroupError::unknown_person);
    CHECK(groups.find("Board")->members.empty());
}

TEST_CASE("WhoIsRemovedIsInNoGroupAndWhoeverGetsTheNameNeither") {
    test::People people;
    for (const auto* name : {"clara", "romeo"}) people.add(name);
    auto& groups = people.accounts.groups();
    CHECK(groups.add_now("Board"));
    CHECK(groups.add_members_now("Board", {"clara", "romeo"}));
    CHECK(people.accounts.set_disabled_now("clara", "on leave"));
    CHECK(groups.of("clara") == Names{"Board"});
    CHECK(people.accounts.remove_now("clara"));
    CHECK(groups.of("clara").empty());
    CHECK(groups.find("Board")->members == Members{"romeo"});
    CHECK(people.accounts.release_now("clara"));
    people.add("clara");
    CHECK(groups.of("clara").empty());
    const Groups read_again(people.database, people.clock);
    CHECK(read_again.find("Board")->members == Members{"romeo"});
}

TEST_CASE("GroupsSurviveARestart") {
    test::People people;
    people.add("clara");
    CHECK(people.accounts.groups().add_now("Board"));
    CHECK(people.accounts.groups().add_members_now("Board", {"clara"}));
    const Groups read_again(people.database, people.clock);
    CHECK(read_again.find("BOARD")->name == "Board");
    CHECK(read_again.find("board")->created == people.now);
    CHECK(read_again.of("clara") == Names{"Board"});
}

TEST_CASE("NobodyWhoIsRemovedMeanwhileIsLeftInAGroup") {
    test::People people;
    auto& groups = people.accounts.groups();
    CHECK(groups.add_now("Board"));
    for (int round = 0; round < 20; ++round) {
        people.add("clara");
        std::jthread adding([&] { (void)groups.add_members_now("Board", {"clara"}); });
        CHECK(people.accounts.remove_now("clara"));
        adding.join();
        CHECK(groups.of("clara").empty());
        CHECK(groups.find("Board")->members.empty());
        CHECK(people.accounts.release_now("clara"));
    }
}
