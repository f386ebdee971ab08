#include <doctest/doctest.h>

#include "support/play.h"

using namespace chancery::test;

namespace {

std::string retraction(const std::string& id, const std::string& content = "<retract xmlns='urn:xmpp:message-retract:1'/>") {
    return set("<moderate xmlns='urn:xmpp:message-moderate:1' id='" + id + "'>" + content + "</moderate>", Play::room);
}

/// Says something in the room; the id that the room gives it.
std::string said_by(Person& person) {
    person.says("<message to='hall@rooms.post.example' type='groupchat'><body>A plague on both your houses!</body></message>");
    const auto heard = person.heard("<message type='groupchat'><body/></message>");
    const auto begin = heard.find("id='", heard.find("<stanza-id")) + 4;
    return heard.substr(begin, heard.find('\'', begin) - begin);
}

}  // namespace

TEST_CASE("XEP-0425 §3.2: who is no moderator is forbidden to take back what others said") {
    Play play;
    play.enters(play.romeo, "romeo");
    const auto id = said_by(play.juliet);
    CHECK(play.romeo.refused(retraction(id)) == "auth forbidden");
    CHECK(play.juliet.may(retraction(id)));
}

TEST_CASE("XEP-0425 §3.2: what was not said in the room is item-not-found") {
    Play play;
    CHECK(play.juliet.refused(retraction("none")) == "cancel item-not-found");
    CHECK(play.juliet.refused(retraction("")) == "cancel item-not-found");
}

TEST_CASE("XEP-0425 §3: to do anything else than to take back is bad-request") {
    Play play;
    CHECK(play.juliet.refused(retraction(said_by(play.juliet), "")) == "modify bad-request");
}

TEST_CASE("XEP-0425 §3: a reason that is too long is not-acceptable") {
    Play play;
    const auto reason = "<retract xmlns='urn:xmpp:message-retract:1'/><reason>" + std::string(2'001, 'x') + "</reason>";
    CHECK(play.juliet.refused(retraction(said_by(play.juliet), reason)) == "modify not-acceptable");
}
