#include <doctest/doctest.h>

#include "support/commands.h"

using namespace chancery::test;

namespace {

const std::string ns_admin = "http://jabber.org/protocol/admin";

const std::string remove_people = ns_admin + "#delete-user", away = "urn:chancery:away";

}  // namespace

TEST_CASE("XEP-0050 §4.4: a command that is none is item-not-found") {
    House house;
    CHECK(house.sign_in("juliet/balcony").refused(command("elope")) == "cancel item-not-found");
}

TEST_CASE("XEP-0133 §5: a command of administrators that is not offered is feature-not-implemented") {
    House house;
    CHECK(house.sign_in_administrator("nurse/kitchen").refused(command(ns_admin + "#get-user-shoe-size")) == "cancel feature-not-implemented");
}

TEST_CASE("XEP-0050 §4.4: a command for others is forbidden, whatever is asked of it") {
    House house;
    auto& juliet = house.sign_in("juliet/balcony");
    CHECK(juliet.refused(command(remove_people)) == "auth forbidden");
    CHECK(juliet.refused(command(remove_people, {}, "action='cancel'")) == "auth forbidden");
}

TEST_CASE("XEP-0050 §2.2: what a command for others is like is forbidden") {
    House house;
    auto& nurse = house.sign_in_administrator("nurse/kitchen");
    auto& juliet = house.sign_in("juliet/balcony");
    const auto question = get("<query xmlns='http://jabber.org/protocol/disco#info' node='" + remove_people + "'/>", House::domain);
    CHECK(juliet.refused(question) == "auth forbidden");
    CHECK(nurse.may(question));
}

TEST_CASE("XEP-0050 §4.4: an action that is none is bad-request, with <malformed-action/>") {
    House house;
    auto& juliet = house.sign_in("juliet/balcony");
    CHECK(juliet.refused(command(away, {}, "action='jump'")) == "modify bad-request malformed-action");
}

TEST_CASE("XEP-0050 §4.4: an action that is not possible now is bad-request, with <bad-action/>") {
    House house;
    auto& nurse = house.sign_in_administrator("nurse/kitchen");
    CHECK(nurse.refused(command(away, {}, "action='prev'")) == "modify bad-request bad-action");
    const auto first = session_in(nurse.asks(command(remove_people)));
    CHECK(nurse.refused(command(remove_people, {}, first + " action='prev'")) == "modify bad-request bad-action");
}

TEST_CASE("XEP-0050 §4.4: to complete before the last form is bad-request, with <bad-action/>") {
    House house;
    house.has("tybalt");
    auto& nurse = house.sign_in_administrator("nurse/kitchen");
    const auto session = session_in(nurse.asks(command(remove_people)));
    CHECK(nurse.may(command(remove_people, {{"accountjids", "tybalt@post.example"}}, session + " action='next'")));
    CHECK(nurse.refused(command(remove_people, {{"confirm", "1"}}, session + " action='next'")) == "modify bad-request bad-action");
}

TEST_CASE("XEP-0050 §4.4: a form without what it requires is bad-request, with <bad-payload/>") {
    House house;
    auto& nurse = house.sign_in_administrator("nurse/kitchen");
    CHECK(nurse.refused(command(ns_admin + "#disable-user", {{"reason", "none"}})) == "modify bad-request bad-payload");
    CHECK(nurse.refused(command(remove_people, {{"reason", "none"}}, session_in(nurse.asks(command(remove_people))))) == "modify bad-request bad-payload");
}

TEST_CASE("XEP-0050 §4.4: a session that is none, or somebody else's, is bad-request, with <bad-sessionid/>") {
    House house;
    auto& nurse = house.sign_in_administrator("nurse/kitchen");
    auto& friar = house.sign_in_administrator("friar/cell");
    CHECK(nurse.refused(command(remove_people, {}, "sessionid='none'")) == "modify bad-request bad-sessionid");
    CHECK(friar.refused(command(remove_people, {}, session_in(nurse.asks(command(remove_people))))) == "modify bad-request bad-sessionid");
}

TEST_CASE("XEP-0050 §4.4: a session of long ago is not-allowed, with <session-expired/>") {
    House house;
    auto& nurse = house.sign_in_administrator("nurse/kitchen");
    const auto session = session_in(nurse.asks(command(remove_people)));
    house.later(std::chrono::minutes(11));
    CHECK(nurse.refused(command(remove_people, {}, session)) == "cancel not-allowed session-expired");
}

TEST_CASE("XEP-0050 §4.4: commands of somebody else are service-unavailable") {
    House house;
    house.has("romeo");
    auto& juliet = house.sign_in("juliet/balcony");
    CHECK(juliet.refused(set("<command xmlns='http://jabber.org/protocol/commands' node='urn:chancery:away'/>", "romeo@post.example")) ==
          "cancel service-unavailable");
}
