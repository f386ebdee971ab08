#include <doctest/doctest.h>

#include "support/commands.h"
#include "support/play.h"

using namespace chancery::test;

namespace {

std::string hats(const std::string& what, const Fields& fields = {}) { return command("urn:xmpp:hats:commands:" + what, fields, {}, Play::room); }

const Fields crown{{"hats#uri", "urn:example:crown"}, {"hats#title", "King"}};

}  // namespace

TEST_CASE("XEP-0317 §3.5: who does not administer the room is forbidden to hand out hats") {
    Play play;
    play.enters(play.romeo, "romeo");
    CHECK(play.romeo.refused(hats("create", crown)) == "auth forbidden");
}

TEST_CASE("XEP-0317 §3.5, XEP-0050 §4.4: a command that the room does not have is item-not-found") {
    Play play;
    CHECK(play.juliet.refused(hats("knit")) == "cancel item-not-found");
}

TEST_CASE("XEP-0317 §3.3: a hat without a name or a title is not-acceptable") {
    Play play;
    CHECK(play.juliet.refused(hats("create", {{"hats#title", "King"}})) == "modify not-acceptable");
    CHECK(play.juliet.refused(hats("create", {{"hats#uri", "urn:example:crown"}})) == "modify not-acceptable");
}

TEST_CASE("XEP-0317 §3.4, §3.5: a hat that does not exist is item-not-found") {
    Play play;
    CHECK(play.juliet.refused(hats("destroy", {{"hats#uri", "urn:example:crown"}})) == "cancel item-not-found");
    CHECK(play.juliet.refused(hats("assign", {{"hats#uri", "urn:example:crown"}, {"hats#jid", "juliet@post.example"}})) == "cancel item-not-found");
}

TEST_CASE("XEP-0317 §3.5: a hat for what is no person's address is jid-malformed, and for who is no member not-acceptable") {
    Play play;
    REQUIRE(play.juliet.may(hats("create", crown)));
    CHECK(play.juliet.refused(hats("assign", {{"hats#uri", "urn:example:crown"}, {"hats#jid", "@@"}})) == "modify jid-malformed");
    CHECK(play.juliet.refused(hats("assign", {{"hats#uri", "urn:example:crown"}, {"hats#jid", "romeo@post.example"}})) == "modify not-acceptable");
}

TEST_CASE("XEP-0317 §3.3: more hats than a room has room for are resource-constraint") {
    Play play;
    for (int i = 0; i < 100; ++i) REQUIRE(play.juliet.may(hats("create", {{"hats#uri", "urn:example:" + std::to_string(i)}, {"hats#title", "King"}})));
    CHECK(play.juliet.refused(hats("create", crown)) == "wait resource-constraint");
}
