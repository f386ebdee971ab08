#include <doctest/doctest.h>

#include "support/house.h"

using namespace chancery::test;

namespace {

std::string query(const std::string& content) { return "<query xmlns='jabber:iq:private'>" + content + "</query>"; }

const auto notes = query("<storage xmlns='storage:rosternotes'/>");

}  // namespace

TEST_CASE("XEP-0049 §2.3: somebody else's storage is forbidden, whether there is such a person or not") {
    House house;
    house.has("romeo");
    auto& juliet = house.sign_in("juliet/balcony");
    for (const std::string other : {"romeo@post.example", "nobody@post.example"}) {
        CHECK(juliet.refused(get(notes, other)) == "auth forbidden");
        CHECK(juliet.refused(set(notes, other)) == "auth forbidden");
    }
}

TEST_CASE("XEP-0049 §2.3: a request without an element, or with two, is not-acceptable") {
    House house;
    auto& juliet = house.sign_in("juliet/balcony");
    for (const std::string content : {"", "<a xmlns='urn:a'/><b xmlns='urn:b'/>"}) {
        CHECK(juliet.refused(get(query(content))) == "modify not-acceptable");
        CHECK(juliet.refused(set(query(content))) == "modify not-acceptable");
    }
}

TEST_CASE("XEP-0049 §2.3: an element without a namespace of its own is not-acceptable") {
    House house;
    auto& juliet = house.sign_in("juliet/balcony");
    for (const std::string content : {"<notes/>", "<notes xmlns='jabber:client'/>"}) {
        CHECK(juliet.refused(get(query(content))) == "modify not-acceptable");
        CHECK(juliet.refused(set(query(content))) == "modify not-acceptable");
    }
}

TEST_CASE("XEP-0049 §2: more than the storage holds is resource-constraint") {
    House house({{"limits.stanza_kib", "2048"}});
    auto& juliet = house.sign_in("juliet/balcony");
    CHECK(juliet.refused(set(query("<big xmlns='urn:example:big'>" + std::string(1'100'000, 'x') + "</big>"))) == "wait resource-constraint");
}
