#include <doctest/doctest.h>

#include "support/nodes.h"

using namespace chancery::test;

namespace {

std::string configure(const std::string& node, const std::string& form) { return in_owner("<configure node='" + node + "'>" + form + "</configure>"); }

}  // namespace

TEST_CASE("XEP-0060 §8.1.1: to make a node where one may not is forbidden") {
    House house;
    auto& romeo = house.sign_in("romeo/orchard");
    house.has("juliet");
    CHECK(romeo.refused(set(create("news"), nodes_for_all)) == "auth forbidden");
    CHECK(romeo.refused(set(create("news"), "juliet@post.example")) == "auth forbidden");
}

TEST_CASE("XEP-0060 §11: to make a node where nobody may is not-allowed") {
    House house({{"pubsub.creators", "nobody"}});
    CHECK(house.sign_in_administrator("nurse/kitchen").refused(set(create("news"), nodes_for_all)) == "cancel not-allowed");
}

TEST_CASE("XEP-0060 §8.1.1: to make a node that exists is conflict") {
    Office office;
    REQUIRE(office.has_node("news"));
    CHECK(office.romeo_sets(create("news")) == "cancel conflict");
}

TEST_CASE("XEP-0060 §8.1.2: an access model that is none is not-acceptable, with <unsupported-access-model/>") {
    Office office;
    CHECK(office.juliet_sets(create("news", {{"pubsub#access_model", "whoever"}})) == "modify not-acceptable unsupported-access-model");
}

TEST_CASE("XEP-0060 §8.1.3: a configuration that names a node, or stands first, is bad-request") {
    Office office;
    CHECK(office.juliet_sets(in_pubsub("<create node='news'/><configure node='news'/>")) == "modify bad-request");
    CHECK(office.juliet_sets(in_pubsub("<configure/><create node='news'/>")) == "modify bad-request");
}

TEST_CASE("XEP-0384: to make a node for keys that hide words from the record is policy-violation") {
    Office office;
    CHECK(office.juliet.refused(set(create("eu.siacs.conversations.axolotl.devicelist"))) == "modify policy-violation");
}

TEST_CASE("XEP-0060 §8.2.5.2: a setting that cannot be is not-acceptable, and nothing is set") {
    Office office;
    REQUIRE(office.has_node("news"));
    CHECK(office.juliet_sets(configure("news", config({{"pubsub#title", "News"}, {"pubsub#max_items", "-1"}}))) == "modify not-acceptable");
    CHECK_FALSE(office.juliet_gets(configure("news", "")).contains("News"));
}

TEST_CASE("XEP-0060 §8.2.4: settings without a form, or in another form, are bad-request") {
    Office office;
    REQUIRE(office.has_node("news"));
    CHECK(office.juliet_sets(configure("news", "")) == "modify bad-request");
    CHECK(office.juliet_sets(configure("news", form("urn:example:another", {}))) == "modify bad-request");
}

TEST_CASE("XEP-0060 §8.3: how somebody else's nodes would be made is forbidden to know") {
    Office office;
    CHECK(office.romeo.refused(get(in_owner("<default/>"), "juliet@post.example")) == "auth forbidden");
}

TEST_CASE("XEP-0060 §8.5.3.3: to empty a node that keeps nothing is feature-not-implemented, with <unsupported/>") {
    Office office;
    REQUIRE(office.has_node("bell", {{"pubsub#persist_items", "0"}}));
    CHECK(office.juliet_sets(in_owner("<purge node='bell'/>")) == "cancel feature-not-implemented unsupported(persistent-items)");
}
