#include <doctest/doctest.h>

#include "support/house.h"

using namespace chancery::test;

namespace {

std::string block(const std::string& jid) { return set("<block xmlns='urn:xmpp:blocking'><item jid='" + jid + "'/></block>"); }

/// Juliet has blocked Romeo; both are here.
struct Quarrel {
    House house;
    Person& juliet = house.sign_in("juliet/balcony").is_here();
    Person& romeo = house.sign_in("romeo/orchard").is_here();
    Quarrel() { REQUIRE(juliet.may(block("romeo@post.example"))); }
};

}  // namespace

TEST_CASE("XEP-0191 §3.3: blocking nobody is bad-request") {
    House house;
    auto& juliet = house.sign_in("juliet/balcony");
    CHECK(juliet.refused(set("<block xmlns='urn:xmpp:blocking'/>")) == "modify bad-request");
}

TEST_CASE("XEP-0191 §3.3: blocking what is no address is jid-malformed, and nobody is blocked") {
    House house;
    auto& juliet = house.sign_in("juliet/balcony");
    CHECK(juliet.refused(set("<block xmlns='urn:xmpp:blocking'><item jid='romeo@post.example'/><item jid='@@'/></block>")) == "modify jid-malformed");
    CHECK_FALSE(matches("<iq><blocklist xmlns='urn:xmpp:blocking'><item/></blocklist></iq>", juliet.asks(get("<blocklist xmlns='urn:xmpp:blocking'/>"))));
}

TEST_CASE("XEP-0191 §3.4: unblocking what is no address is jid-malformed, and nobody is unblocked") {
    Quarrel quarrel;
    CHECK(quarrel.juliet.refused(set("<unblock xmlns='urn:xmpp:blocking'><item jid='@@'/></unblock>")) == "modify jid-malformed");
    CHECK(matches("<iq><blocklist xmlns='urn:xmpp:blocking'><item jid='romeo@post.example'/></blocklist></iq>",
                  quarrel.juliet.asks(get("<blocklist xmlns='urn:xmpp:blocking'/>"))));
}

TEST_CASE("XEP-0191 §3.3: blocking more than the list holds is resource-constraint") {
    House house;
    auto& juliet = house.sign_in("juliet/balcony");
    const auto many = [](int from, int count) {
        std::string items;
        for (int i = from; i < from + count; ++i) items += "<item jid='capulet-" + std::to_string(i) + "@post.example'/>";
        return set("<block xmlns='urn:xmpp:blocking'>" + items + "</block>");
    };
    for (int i = 0; i < 10; ++i) REQUIRE(juliet.may(many(i * 1'000, 1'000)));
    CHECK(juliet.refused(many(10'000, 1)) == "wait resource-constraint");
}

TEST_CASE("XEP-0191 §3: the block list of somebody else is service-unavailable") {
    House house;
    house.has("romeo");
    auto& juliet = house.sign_in("juliet/balcony");
    CHECK(juliet.refused(get("<blocklist xmlns='urn:xmpp:blocking'/>", "romeo@post.example")) == "cancel service-unavailable");
    CHECK(juliet.refused(set("<unblock xmlns='urn:xmpp:blocking'/>", "romeo@post.example")) == "cancel service-unavailable");
}

TEST_CASE("XEP-0191 §3.3: a message from somebody blocked is service-unavailable") {
    Quarrel quarrel;
    CHECK(quarrel.romeo.refused("<message to='juliet@post.example' type='chat'><body>Hist!</body></message>") == "cancel service-unavailable");
    CHECK(quarrel.juliet.hears_nothing("<message/>", {&quarrel.romeo}));
}

TEST_CASE("XEP-0191 §3.3: presence from somebody blocked is not answered") {
    Quarrel quarrel;
    for (const std::string type : {"subscribe", "probe", "unavailable"})
        quarrel.romeo.says("<presence to='juliet@post.example' type='" + type + "'/>");
    quarrel.romeo.says("<presence to='juliet@post.example/balcony'/>");
    CHECK(quarrel.juliet.hears_nothing("<presence from='romeo@post.example/orchard'/>", {&quarrel.romeo}));
    CHECK(quarrel.romeo.hears_nothing("<presence type='error'/>"));
}

TEST_CASE("XEP-0191 §3.3: a request from somebody blocked is service-unavailable, an answer is dropped") {
    Quarrel quarrel;
    const auto ping = "<ping xmlns='urn:xmpp:ping'/>";
    CHECK(quarrel.romeo.refused(get(ping, "juliet@post.example/balcony")) == "cancel service-unavailable");
    CHECK(quarrel.romeo.refused(set(ping, "juliet@post.example")) == "cancel service-unavailable");
    quarrel.romeo.says("<iq type='result' id='late' to='juliet@post.example/balcony'/>");
    CHECK(quarrel.romeo.hears_nothing("<iq id='late'/>"));
    CHECK(quarrel.juliet.hears_nothing("<iq id='late'/>"));
}

TEST_CASE("XEP-0191 §3.3: what is sent to somebody whom one has blocked is not-acceptable, with <blocked/>") {
    Quarrel quarrel;
    CHECK(quarrel.juliet.refused("<message to='romeo@post.example' type='chat'><body>Ay me!</body></message>") == "cancel not-acceptable blocked");
    CHECK(quarrel.juliet.refused("<presence to='romeo@post.example/orchard'/>") == "cancel not-acceptable blocked");
    CHECK(quarrel.juliet.refused(get("<ping xmlns='urn:xmpp:ping'/>", "romeo@post.example/orchard")) == "cancel not-acceptable blocked");
}
