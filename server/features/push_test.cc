#include <doctest/doctest.h>

#include "support/house.h"

using namespace chancery::test;

namespace {

std::string enable(const std::string& attributes, const std::string& content = {}) {
    return set("<enable xmlns='urn:xmpp:push:0' " + attributes + ">" + content + "</enable>");
}
std::string disable(const std::string& attributes) { return set("<disable xmlns='urn:xmpp:push:0' " + attributes + "/>"); }

/// The app server is a client here.
const std::string app_server = "jid='apps@post.example/server'";

}  // namespace

TEST_CASE("XEP-0357 §5: a service that is not named is bad-request") {
    House house;
    auto& juliet = house.sign_in("juliet/balcony");
    CHECK(juliet.refused(enable("node='phone'")) == "modify bad-request");
    CHECK(juliet.refused(disable("node='phone'")) == "modify bad-request");
}

TEST_CASE("XEP-0357 §5: a service whose address is none is jid-malformed") {
    House house;
    CHECK(house.sign_in("juliet/balcony").refused(enable("jid='@@'")) == "modify jid-malformed");
}

TEST_CASE("XEP-0357 §5: a service to which no way leads is remote-server-not-found") {
    House house;
    CHECK(house.sign_in("juliet/balcony").refused(enable("jid='push.elsewhere.example'")) == "cancel remote-server-not-found");
}

TEST_CASE("XEP-0357 §5: options in another form are bad-request") {
    House house;
    house.has("apps");
    CHECK(house.sign_in("juliet/balcony").refused(enable(app_server, form("urn:example:another", {}))) == "modify bad-request");
}

TEST_CASE("XEP-0357 §5: a node or options that are too long are not-acceptable") {
    House house;
    house.has("apps");
    auto& juliet = house.sign_in("juliet/balcony");
    CHECK(juliet.refused(enable(app_server + " node='" + std::string(1'025, 'n') + "'")) == "modify not-acceptable");
    const auto options = form("http://jabber.org/protocol/pubsub#publish-options", {{"secret", std::string(9'000, 's')}});
    CHECK(juliet.refused(enable(app_server, options)) == "modify not-acceptable");
}

TEST_CASE("XEP-0357 §5: more devices than are notified are resource-constraint") {
    House house;
    house.has("apps");
    auto& juliet = house.sign_in("juliet/balcony");
    for (int i = 0; i < 20; ++i) REQUIRE(juliet.may(enable(app_server + " node='" + std::to_string(i) + "'")));
    CHECK(juliet.refused(enable(app_server + " node='20'")) == "wait resource-constraint");
    CHECK(juliet.may(enable(app_server + " node='19'")));
}

TEST_CASE("XEP-0357 §6: to disable what is not enabled is item-not-found") {
    House house;
    house.has("apps");
    auto& juliet = house.sign_in("juliet/balcony");
    REQUIRE(juliet.may(enable(app_server + " node='phone'")));
    CHECK(juliet.refused(disable(app_server + " node='tablet'")) == "cancel item-not-found");
    CHECK(juliet.may(disable(app_server)));
    CHECK(juliet.refused(disable(app_server)) == "cancel item-not-found");
}

TEST_CASE("XEP-0357 §7.1: a service that answers with an error that stays is disabled") {
    House house;
    auto& apps = house.sign_in("apps/server");
    auto& juliet = house.sign_in("juliet/balcony").is_here();
    auto& romeo = house.sign_in("romeo/orchard");
    REQUIRE(juliet.may(enable(app_server + " node='phone'")));
    juliet.leaves();
    romeo.says("<message to='juliet@post.example' type='chat'><body>Hist!</body></message>");
    const auto told = apps.heard("<iq type='set' from='post.example'><pubsub xmlns='http://jabber.org/protocol/pubsub'><publish node='phone'/></pubsub></iq>");
    const auto id = told.substr(told.find("id='") + 4);
    apps.says("<iq type='error' to='post.example' id='" + id.substr(0, id.find('\'')) + "'><error type='cancel'>"
              "<item-not-found xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></iq>");
    CHECK(apps.may(get("<ping xmlns='urn:xmpp:ping'/>")));  // the answer is taken
    CHECK(house.sign_in("juliet/tomb").refused(disable(app_server)) == "cancel item-not-found");
}
