#include <doctest/doctest.h>

#include "support/play.h"

using namespace chancery::test;

namespace {

std::string changes(const std::string& items) { return set(admin(items), Play::room); }
std::string role(const std::string& nick, const std::string& role) { return changes("<item nick='" + nick + "' role='" + role + "'/>"); }
std::string affiliation(const std::string& name, const std::string& affiliation) {
    return changes("<item jid='" + name + "@post.example' affiliation='" + affiliation + "'/>");
}
std::string list(const std::string& attribute) { return get(admin("<item " + attribute + "/>"), Play::room); }

/// Juliet owns the room; Tybalt administers it; Mercutio moderates it; Romeo is there.
struct Crowd : Play {
    Person& tybalt = house.sign_in("tybalt/sword");
    Person& mercutio = house.sign_in("mercutio/street");
    Crowd() {
        makes(tybalt, "admin");
        enters(tybalt, "tybalt");
        enters(mercutio, "mercutio");
        gives("mercutio", "moderator");
        enters(romeo, "romeo");
    }
};

}  // namespace

// Roles.

TEST_CASE("XEP-0045 §8.2: to kick without being a moderator is forbidden") {
    Crowd crowd;
    CHECK(crowd.romeo.refused(role("mercutio", "none")) == "auth forbidden");
    crowd.house.has("stranger");
    CHECK(crowd.house.sign_in("stranger/street").refused(role("romeo", "none")) == "auth forbidden");
}

TEST_CASE("XEP-0045 §8.2: to kick somebody of a higher affiliation is not-allowed") {
    Crowd crowd;
    CHECK(crowd.mercutio.refused(role("tybalt", "none")) == "cancel not-allowed");
    CHECK(crowd.tybalt.refused(role("juliet", "none")) == "cancel not-allowed");
}

TEST_CASE("XEP-0045 §8.4, §8.5: to take voice from somebody of a higher affiliation, or from an administrator, is not-allowed") {
    Crowd crowd;
    CHECK(crowd.mercutio.refused(role("tybalt", "visitor")) == "cancel not-allowed");
    CHECK(crowd.tybalt.refused(role("juliet", "visitor")) == "cancel not-allowed");
    CHECK(crowd.juliet.refused(role("tybalt", "visitor")) == "cancel not-allowed");
}

TEST_CASE("XEP-0045 §9.6: to make a moderator without administering is forbidden") {
    Crowd crowd;
    CHECK(crowd.mercutio.refused(role("romeo", "moderator")) == "auth forbidden");
}

TEST_CASE("XEP-0045 §9.7, §9.8: to take the moderator's role from an administrator or owner is not-allowed") {
    Crowd crowd;
    CHECK(crowd.tybalt.refused(role("juliet", "participant")) == "cancel not-allowed");
    CHECK(crowd.juliet.refused(role("tybalt", "participant")) == "cancel not-allowed");
}

TEST_CASE("XEP-0045 §8: a role of somebody who is not in the room is item-not-found") {
    Crowd crowd;
    CHECK(crowd.juliet.refused(role("paris", "none")) == "cancel item-not-found");
}

// Affiliations.

TEST_CASE("XEP-0045 §9.1, §9.3, §9.5: to ban or to admit without administering is forbidden") {
    Crowd crowd;
    for (const std::string wanted : {"outcast", "none", "member"}) CHECK(crowd.mercutio.refused(affiliation("romeo", wanted)) == "auth forbidden");
}

TEST_CASE("XEP-0045 §9.1, §9.2: to ban an administrator or owner without being an owner is not-allowed") {
    Crowd crowd;
    CHECK(crowd.tybalt.refused(affiliation("juliet", "outcast")) == "cancel not-allowed");
}

TEST_CASE("XEP-0045 §9.1, §9.2: to ban oneself is conflict, and nobody of the list is banned") {
    Crowd crowd;
    CHECK(crowd.tybalt.refused(changes("<item jid='romeo@post.example' affiliation='outcast'/><item jid='tybalt@post.example' affiliation='outcast'/>")) ==
          "cancel conflict");
    CHECK(crowd.juliet.refused(affiliation("juliet", "outcast")) == "cancel conflict");
    CHECK_FALSE(crowd.juliet.asks(list("affiliation='outcast'")).contains("romeo"));
}

TEST_CASE("XEP-0045 §10.3, §10.6: to make an owner or an administrator without being an owner is forbidden") {
    Crowd crowd;
    CHECK(crowd.tybalt.refused(affiliation("romeo", "owner")) == "auth forbidden");
    CHECK(crowd.tybalt.refused(affiliation("romeo", "admin")) == "auth forbidden");
}

TEST_CASE("XEP-0045 §10.4, §10.7: to take it from an owner or an administrator without being an owner is not-allowed") {
    Crowd crowd;
    CHECK(crowd.tybalt.refused(affiliation("juliet", "member")) == "cancel not-allowed");
    CHECK(crowd.tybalt.refused(affiliation("tybalt", "none")) == "cancel not-allowed");
}

TEST_CASE("XEP-0045 §10.4, §10.5: to leave the room without an owner is conflict") {
    Crowd crowd;
    CHECK(crowd.juliet.refused(affiliation("juliet", "admin")) == "cancel conflict");
    CHECK(crowd.juliet.may(affiliation("tybalt", "owner")));
    CHECK(crowd.juliet.may(affiliation("juliet", "admin")));
}

TEST_CASE("XEP-0045 §9.3: a nickname for a member that somebody else has reserved is conflict") {
    Crowd crowd;
    REQUIRE(crowd.juliet.may(changes("<item jid='paris@post.example' affiliation='member' nick='county'/>")));
    CHECK(crowd.juliet.refused(changes("<item jid='romeo@post.example' affiliation='member' nick='county'/>")) == "cancel conflict");
}

// The form of the requests.

TEST_CASE("XEP-0045 §17.4: to change the role and the affiliation in one item, or neither, is bad-request") {
    Crowd crowd;
    CHECK(crowd.juliet.refused(changes("<item nick='romeo' role='visitor' affiliation='member'/>")) == "modify bad-request");
    CHECK(crowd.juliet.refused(changes("<item nick='romeo'/>")) == "modify bad-request");
    CHECK(crowd.juliet.refused(changes("<item nick='romeo' role='king'/>")) == "modify bad-request");
}

TEST_CASE("XEP-0045 §17.4: to change nothing, or the affiliation of nobody, is bad-request") {
    Crowd crowd;
    CHECK(crowd.juliet.refused(changes("")) == "modify bad-request");
    CHECK(crowd.juliet.refused(changes("<item affiliation='member'/>")) == "modify bad-request");
}

TEST_CASE("XEP-0045 §9: a person's address that is none is jid-malformed") {
    Crowd crowd;
    CHECK(crowd.juliet.refused(changes("<item jid='@@' affiliation='member'/>")) == "modify jid-malformed");
}

TEST_CASE("XEP-0045 §8.2: a reason that is too long, or more changes than may be at once, are not-acceptable") {
    Crowd crowd;
    CHECK(crowd.juliet.refused(changes("<item nick='romeo' role='none'><reason>" + std::string(2'001, 'x') + "</reason></item>")) == "modify not-acceptable");
    std::string many;
    for (int i = 0; i <= 1'000; ++i) many += "<item jid='capulet-" + std::to_string(i) + "@post.example' affiliation='member'/>";
    CHECK(crowd.juliet.refused(changes(many)) == "modify not-acceptable");
}

TEST_CASE("XEP-0045 §9.2: more people in the lists than they hold are resource-constraint") {
    Play play({}, {{"rooms.affiliations", "1"}});
    CHECK(play.juliet.refused(affiliation("romeo", "outcast")) == "wait resource-constraint");
}

// The lists.

TEST_CASE("XEP-0045 §9.2, §9.5, §10.5, §10.8: the lists of affiliations are forbidden to others where addresses are hidden") {
    Crowd crowd;
    for (const std::string name : {"outcast", "member", "admin", "owner"})
        CHECK(crowd.romeo.refused(list("affiliation='" + name + "'")) == "auth forbidden");
}

TEST_CASE("XEP-0045 §8.5, §9.8: the lists of roles are forbidden to who is no moderator") {
    Crowd crowd;
    for (const std::string name : {"participant", "moderator"}) CHECK(crowd.romeo.refused(list("role='" + name + "'")) == "auth forbidden");
}

TEST_CASE("XEP-0045 §17.4: a list of a role and an affiliation, or of neither, is bad-request") {
    Crowd crowd;
    CHECK(crowd.juliet.refused(list("role='visitor' affiliation='member'")) == "modify bad-request");
    CHECK(crowd.juliet.refused(list("")) == "modify bad-request");
    CHECK(crowd.juliet.refused(get(admin(""), Play::room)) == "modify bad-request");
}
