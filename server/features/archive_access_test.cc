#include <doctest/doctest.h>

#include "support/house.h"

using namespace chancery::test;

namespace {

std::string filtered(const Fields& fields) { return set("<query xmlns='urn:xmpp:mam:2'>" + form("urn:xmpp:mam:2", fields) + "</query>"); }
std::string paged(const std::string& content) {
    return set("<query xmlns='urn:xmpp:mam:2'><set xmlns='http://jabber.org/protocol/rsm'>" + content + "</set></query>");
}
std::string preferences(const std::string& default_, const std::string& content = {}) {
    return set("<prefs xmlns='urn:xmpp:mam:2' default='" + default_ + "'>" + content + "</prefs>");
}

}  // namespace

TEST_CASE("XEP-0313 §4.1.3: an id in the form that is not in the archive is item-not-found") {
    House house;
    auto& juliet = house.sign_in("juliet/balcony");
    for (const std::string field : {"before-id", "after-id", "ids"}) CHECK(juliet.refused(filtered({{field, "none"}})) == "cancel item-not-found");
}

TEST_CASE("XEP-0313 §4.3.2: a page before or after an id that is not in the archive is item-not-found") {
    House house;
    auto& juliet = house.sign_in("juliet/balcony");
    CHECK(juliet.refused(paged("<after>none</after>")) == "cancel item-not-found");
    CHECK(juliet.refused(paged("<before>none</before>")) == "cancel item-not-found");
}

TEST_CASE("XEP-0313 §4.1.5: a field that the archive does not know is feature-not-implemented") {
    House house;
    CHECK(house.sign_in("juliet/balcony").refused(filtered({{"{urn:example:colours}colour", "red"}})) == "cancel feature-not-implemented");
}

TEST_CASE("XEP-0313 §4.1: a form of another type is bad-request") {
    House house;
    const auto another = set("<query xmlns='urn:xmpp:mam:2'>" + form("urn:example:another", {}) + "</query>");
    CHECK(house.sign_in("juliet/balcony").refused(another) == "modify bad-request");
}

TEST_CASE("XEP-0313 §4.1.1: a person whose address is none is jid-malformed") {
    House house;
    CHECK(house.sign_in("juliet/balcony").refused(filtered({{"with", "@@"}})) == "modify jid-malformed");
}

TEST_CASE("XEP-0313 §4.1.2: a time that is none (XEP-0082) is bad-request") {
    House house;
    auto& juliet = house.sign_in("juliet/balcony");
    for (const std::string field : {"start", "end"}) CHECK(juliet.refused(filtered({{field, "yesterday"}})) == "modify bad-request");
}

TEST_CASE("XEP-0313 §4.1: a field without a value is bad-request") {
    House house;
    const auto without = "<query xmlns='urn:xmpp:mam:2'><x xmlns='jabber:x:data' type='submit'><field var='with'/></x></query>";
    CHECK(house.sign_in("juliet/balcony").refused(set(without)) == "modify bad-request");
}

TEST_CASE("XEP-0431 §3: more words than a search takes are bad-request") {
    House house;
    CHECK(house.sign_in("juliet/balcony").refused(filtered({{"{urn:xmpp:fulltext:0}fulltext", std::string(1'001, 'x')}})) == "modify bad-request");
}

TEST_CASE("XEP-0059 §2.6: a page by its number is feature-not-implemented") {
    House house;
    CHECK(house.sign_in("juliet/balcony").refused(paged("<index>5</index>")) == "cancel feature-not-implemented");
}

TEST_CASE("XEP-0059 §2.1: a size of a page that is no number is bad-request") {
    House house;
    auto& juliet = house.sign_in("juliet/balcony");
    for (const std::string size : {"many", "-1", "1x"}) CHECK(juliet.refused(paged("<max>" + size + "</max>")) == "modify bad-request");
}

TEST_CASE("XEP-0313 §8.1: somebody else's archive is service-unavailable, whether there is such a person or not") {
    House house;
    house.has("romeo");
    auto& juliet = house.sign_in("juliet/balcony");
    for (const std::string other : {"romeo@post.example", "nobody@post.example"}) {
        CHECK(juliet.refused(set("<query xmlns='urn:xmpp:mam:2'/>", other)) == "cancel service-unavailable");
        CHECK(juliet.refused(get("<metadata xmlns='urn:xmpp:mam:2'/>", other)) == "cancel service-unavailable");
    }
}

TEST_CASE("XEP-0441 §2.1: to switch the archive off, or off for somebody, is not-allowed") {
    House house;
    auto& juliet = house.sign_in("juliet/balcony");
    CHECK(juliet.refused(preferences("never")) == "cancel not-allowed");
    CHECK(juliet.refused(preferences("roster")) == "cancel not-allowed");
    CHECK(juliet.refused(preferences("always", "<never><jid>romeo@post.example</jid></never>")) == "cancel not-allowed");
    CHECK(juliet.may(preferences("always", "<always/><never/>")));
}

TEST_CASE("XEP-0441 §2.1: preferences that are none are bad-request") {
    House house;
    CHECK(house.sign_in("juliet/balcony").refused(preferences("sometimes")) == "modify bad-request");
}
