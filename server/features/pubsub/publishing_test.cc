#include <doctest/doctest.h>

#include "support/nodes.h"

using namespace chancery::test;

namespace {

std::string retract(const std::string& node, const std::string& items) { return in_pubsub("<retract node='" + node + "'>" + items + "</retract>"); }
std::string items(const std::string& node, const std::string& content = {}) { return in_pubsub("<items node='" + node + "'>" + content + "</items>"); }
std::string page(const std::string& node, const std::string& set) {
    return in_pubsub("<items node='" + node + "'/><set xmlns='http://jabber.org/protocol/rsm'>" + set + "</set>");
}
std::string with_options(const Fields& fields) {
    return in_pubsub("<publish node='news'>" + entry("first") + "</publish><publish-options>" +
                     form("http://jabber.org/protocol/pubsub#publish-options", fields) + "</publish-options>");
}

const auto transient = "pubsub#persist_items", with_payload = "pubsub#deliver_payloads";

}  // namespace

// Publishing.

TEST_CASE("XEP-0060 §7.1.3.1: to publish where one may not is forbidden") {
    Office office;
    REQUIRE(office.has_node("news"));
    CHECK(office.romeo_sets(publish("news")) == "auth forbidden");
}

TEST_CASE("XEP-0060 §7.1.3.1: to publish in the place of what somebody else has published is forbidden") {
    Office office;
    REQUIRE(office.has_node("news", {{"pubsub#publish_model", "open"}}));
    REQUIRE(office.juliet.may(set(publish("news"), nodes_for_all)));
    CHECK(office.romeo_sets(publish("news")) == "auth forbidden");
    CHECK(office.romeo.may(set(publish("news", entry("second")), nodes_for_all)));
}

TEST_CASE("XEP-0060 §7.1.3.3: to publish at a node that does not exist is item-not-found") {
    Office office;
    CHECK(office.juliet_sets(publish("none")) == "cancel item-not-found");
}

TEST_CASE("XEP-0060 §7.1.3.6: two payloads, or two items of one id, are bad-request, with <invalid-payload/>") {
    Office office;
    CHECK(office.juliet.refused(set(publish("news", "<item><a xmlns='urn:a'/><b xmlns='urn:b'/></item>"))) == "modify bad-request invalid-payload");
    CHECK(office.juliet.refused(set(publish("news", entry("first") + entry("first")))) == "modify bad-request invalid-payload");
}

TEST_CASE("XEP-0060 §7.1.3.7: to publish nothing at a node that keeps items is bad-request, with <item-required/>") {
    Office office;
    CHECK(office.juliet.refused(set(publish("news", ""))) == "modify bad-request item-required");
}

TEST_CASE("XEP-0060 §7.1.3.7: an item without payload at a node of payloads is bad-request, with <payload-required/>") {
    Office office;
    CHECK(office.juliet.refused(set(publish("news", "<item/>"))) == "modify bad-request payload-required");
}

TEST_CASE("XEP-0060 §7.1.3.7: an item at a node of mere notifications is bad-request, with <item-forbidden/>") {
    Office office;
    REQUIRE(office.has_node("bell", {{transient, "0"}, {with_payload, "0"}}));
    CHECK(office.juliet_sets(publish("bell")) == "modify bad-request item-forbidden");
}

TEST_CASE("XEP-0060 §7.1.5: options that the node does not have are conflict, with <precondition-not-met/>") {
    Office office;
    REQUIRE(office.has_own_node("news"));
    CHECK(office.juliet.refused(set(with_options({{"pubsub#access_model", "open"}}))) == "cancel conflict precondition-not-met");
    CHECK(office.juliet.refused(set(with_options({{"pubsub#unheard_of", "1"}}))) == "cancel conflict precondition-not-met");
}

TEST_CASE("XEP-0060 §7.1.5: a form of options that is of another type is bad-request") {
    Office office;
    const auto wrong = in_pubsub("<publish node='news'>" + entry("first") + "</publish><publish-options>" + config({}) + "</publish-options>");
    CHECK(office.juliet.refused(set(wrong)) == "modify bad-request");
}

TEST_CASE("XEP-0060 §12.11: more items at once than the node keeps are not-allowed, with <max-items-exceeded/>") {
    Office office;
    REQUIRE(office.has_node("news", {{"pubsub#max_items", "1"}}));
    CHECK(office.juliet_sets(publish("news", entry("first") + entry("second"))) == "cancel not-allowed max-items-exceeded");
}

TEST_CASE("XEP-0060 §12.8: the id of an item that is too long is not-acceptable") {
    Office office;
    CHECK(office.juliet.refused(set(publish("news", entry(std::string(1'024, 'i'))))) == "modify not-acceptable");
}

TEST_CASE("XEP-0384: to publish keys that hide words from the record is policy-violation") {
    Office office;
    CHECK(office.juliet.refused(set(publish("urn:xmpp:omemo:2:devices"))) == "modify policy-violation");
}

// Taking back.

TEST_CASE("XEP-0060 §7.2.3.1: to take back what is somebody else's is forbidden") {
    Office office;
    REQUIRE(office.has_node("news", {{"pubsub#publish_model", "open"}}));
    REQUIRE(office.juliet.may(set(publish("news"), nodes_for_all)));
    CHECK(office.romeo_sets(retract("news", "<item id='first'/>")) == "auth forbidden");
}

TEST_CASE("XEP-0060 §7.2.3.2: to take back from a node that does not exist, or an item that does not, is item-not-found") {
    Office office;
    REQUIRE(office.has_node("news"));
    CHECK(office.juliet_sets(retract("none", "<item id='first'/>")) == "cancel item-not-found");
    CHECK(office.juliet_sets(retract("news", "<item id='first'/>")) == "cancel item-not-found");
}

TEST_CASE("XEP-0060 §7.2.3.4: to take back nothing is bad-request, with <item-required/>") {
    Office office;
    REQUIRE(office.has_node("news"));
    CHECK(office.juliet_sets(retract("news", "")) == "modify bad-request item-required");
    CHECK(office.juliet_sets(retract("news", "<item/>")) == "modify bad-request item-required");
}

TEST_CASE("XEP-0060 §7.2.3.5: to take back from a node that keeps nothing is feature-not-implemented, with <unsupported/>") {
    Office office;
    REQUIRE(office.has_node("bell", {{transient, "0"}}));
    CHECK(office.juliet_sets(retract("bell", "<item id='first'/>")) == "cancel feature-not-implemented unsupported(persistent-items)");
}

// Reading.

TEST_CASE("XEP-0060 §6.5.9.2: to read with the id of another subscription is not-acceptable, with <invalid-subid/>") {
    Office office;
    REQUIRE(office.has_node("news"));
    REQUIRE(office.romeo.may(set(subscribe("news", office.romeo.bare()), nodes_for_all)));
    CHECK(office.romeo_gets(in_pubsub("<items node='news' subid='none'/>")) == "modify not-acceptable invalid-subid");
}

TEST_CASE("XEP-0060 §6.5.9.3: to read where one is not subscribed is not-authorized, with <not-subscribed/>") {
    Office office;
    REQUIRE(office.has_node("news", {{"pubsub#access_model", "authorize"}}));
    CHECK(office.romeo_gets(items("news")) == "auth not-authorized not-subscribed");
}

TEST_CASE("XEP-0060 §6.5.9.4: to read at a node that keeps nothing is feature-not-implemented, with <unsupported/>") {
    Office office;
    REQUIRE(office.has_node("bell", {{transient, "0"}}));
    CHECK(office.juliet_gets(items("bell")) == "cancel feature-not-implemented unsupported(persistent-items)");
}

TEST_CASE("XEP-0060 §6.5.9.6: to read without seeing the owner's presence is not-authorized, with <presence-subscription-required/>") {
    Office office;
    REQUIRE(office.has_own_node("news", {{"pubsub#access_model", "presence"}}));
    CHECK(office.romeo.refused(get(items("news"), "juliet@post.example")) == "auth not-authorized presence-subscription-required");
}

TEST_CASE("XEP-0060 §6.5.9.7: to read without being in the group is not-authorized, with <not-in-roster-group/>") {
    Office office;
    REQUIRE(office.has_own_node("news", {{"pubsub#access_model", "roster"}, {"pubsub#roster_groups_allowed", "Friends"}}));
    CHECK(office.romeo.refused(get(items("news"), "juliet@post.example")) == "auth not-authorized not-in-roster-group");
    office.house.become_friends(office.juliet, office.romeo);
    CHECK(office.romeo.refused(get(items("news"), "juliet@post.example")) == "auth not-authorized not-in-roster-group");
}

TEST_CASE("XEP-0060 §6.5.9.8: to read without being on the list is not-allowed, with <closed-node/>") {
    Office office;
    REQUIRE(office.has_node("news", {{"pubsub#access_model", "whitelist"}}));
    CHECK(office.romeo_gets(items("news")) == "cancel not-allowed closed-node");
}

TEST_CASE("XEP-0060 §6.5.9.10: who is cast out is forbidden to read") {
    Office office;
    REQUIRE(office.has_node("news"));
    REQUIRE(office.makes(office.romeo, "news", "outcast"));
    CHECK(office.romeo_gets(items("news")) == "auth forbidden");
}

TEST_CASE("XEP-0060 §6.5.7: a number of items that is none is bad-request") {
    Office office;
    REQUIRE(office.has_node("news"));
    for (const std::string number : {"0", "many", "-1"})
        CHECK(office.romeo_gets(in_pubsub("<items node='news' max_items='" + number + "'/>")) == "modify bad-request");
    CHECK(office.romeo_gets(page("news", "<max>many</max>")) == "modify bad-request");
}

TEST_CASE("XEP-0059 §2.4: a page behind or before an item that does not exist is item-not-found") {
    Office office;
    REQUIRE(office.has_node("news"));
    CHECK(office.romeo_gets(page("news", "<max>1</max><after>none</after>")) == "cancel item-not-found");
    CHECK(office.romeo_gets(page("news", "<max>1</max><before>none</before>")) == "cancel item-not-found");
}

TEST_CASE("XEP-0059 §2.6: a page by its number is feature-not-implemented") {
    Office office;
    REQUIRE(office.has_node("news"));
    CHECK(office.romeo_gets(page("news", "<max>1</max><index>5</index>")) == "cancel feature-not-implemented");
}
