#include <doctest/doctest.h>

#include "core/host.h"
#include "support/nodes.h"

using namespace chancery::test;

namespace {

std::string unsubscribe(const std::string& node, const std::string& jid, const std::string& attributes = {}) {
    return in_pubsub("<unsubscribe node='" + node + "' jid='" + jid + "' " + attributes + "/>");
}
std::string subscriptions(const std::string& node, const std::string& content) {
    return in_owner("<subscriptions node='" + node + "'>" + content + "</subscriptions>");
}
std::string affiliations(const std::string& node, const std::string& jid, const std::string& affiliation) {
    return in_owner("<affiliations node='" + node + "'><affiliation jid='" + jid + "' affiliation='" + affiliation + "'/></affiliations>");
}

}  // namespace

// Subscribing.

TEST_CASE("XEP-0060 §6.1.3.1: to subscribe somebody else is bad-request, with <invalid-jid/>") {
    Office office;
    REQUIRE(office.has_node("news"));
    for (const std::string jid : {"juliet@post.example", "romeo@post.example/elsewhere", "@@", ""})
        CHECK(office.romeo_sets(subscribe("news", jid)) == "modify bad-request invalid-jid");
}

TEST_CASE("XEP-0060 §6.1.3.2: to subscribe without seeing the owner's presence is not-authorized, with <presence-subscription-required/>") {
    Office office;
    REQUIRE(office.has_own_node("news", {{"pubsub#access_model", "presence"}}));
    CHECK(office.romeo.refused(set(subscribe("news", office.romeo.bare()), "juliet@post.example")) == "auth not-authorized presence-subscription-required");
}

TEST_CASE("XEP-0060 §6.1.3.3: to subscribe without being in the group is not-authorized, with <not-in-roster-group/>") {
    Office office;
    REQUIRE(office.has_own_node("news", {{"pubsub#access_model", "roster"}, {"pubsub#roster_groups_allowed", "Friends"}}));
    CHECK(office.romeo.refused(set(subscribe("news", office.romeo.bare()), "juliet@post.example")) == "auth not-authorized not-in-roster-group");
}

TEST_CASE("XEP-0060 §6.1.3.4: to subscribe without being on the list is not-allowed, with <closed-node/>") {
    Office office;
    REQUIRE(office.has_node("news", {{"pubsub#access_model", "whitelist"}}));
    CHECK(office.romeo_sets(subscribe("news", office.romeo.bare())) == "cancel not-allowed closed-node");
}

TEST_CASE("XEP-0060 §6.1.3.7: to ask again while an owner is asked is not-authorized, with <pending-subscription/>") {
    Office office;
    REQUIRE(office.has_node("news", {{"pubsub#access_model", "authorize"}}));
    REQUIRE(office.romeo.may(set(subscribe("news", office.romeo.bare()), nodes_for_all)));
    CHECK(office.romeo_sets(subscribe("news", office.romeo.bare())) == "auth not-authorized pending-subscription");
}

TEST_CASE("XEP-0060 §6.1.3.8: who is cast out is forbidden to subscribe") {
    Office office;
    REQUIRE(office.has_node("news"));
    REQUIRE(office.makes(office.romeo, "news", "outcast"));
    CHECK(office.romeo_sets(subscribe("news", office.romeo.bare())) == "auth forbidden");
}

TEST_CASE("XEP-0060 §6.1.3.12: to subscribe to a node that does not exist is item-not-found") {
    Office office;
    CHECK(office.romeo_sets(subscribe("none", office.romeo.bare())) == "cancel item-not-found");
}

TEST_CASE("XEP-0060 §6.3.7: to subscribe with options is feature-not-implemented, with <unsupported/>") {
    Office office;
    REQUIRE(office.has_node("news"));
    const auto with_options = in_pubsub("<subscribe node='news' jid='romeo@post.example'/><options/>");
    CHECK(office.romeo_sets(with_options) == "cancel feature-not-implemented unsupported(subscription-options)");
    CHECK_FALSE(office.juliet_gets(subscriptions("news", "")).contains("romeo"));
}

// Unsubscribing.

TEST_CASE("XEP-0060 §6.2.3.2: to unsubscribe who is not subscribed is unexpected-request, with <not-subscribed/>") {
    Office office;
    REQUIRE(office.has_node("news"));
    CHECK(office.romeo_sets(unsubscribe("news", office.romeo.bare())) == "cancel unexpected-request not-subscribed");
}

TEST_CASE("XEP-0060 §6.2.3.3: to unsubscribe somebody else is forbidden") {
    Office office;
    REQUIRE(office.has_node("news"));
    CHECK(office.romeo_sets(unsubscribe("news", "juliet@post.example")) == "auth forbidden");
}

TEST_CASE("XEP-0060 §6.2.3.1, §12: to unsubscribe what is no address is bad-request, with <invalid-jid/>") {
    Office office;
    REQUIRE(office.has_node("news"));
    CHECK(office.romeo_sets(unsubscribe("news", "@@")) == "modify bad-request invalid-jid");
}

TEST_CASE("XEP-0060 §6.2.3.4: to unsubscribe from a node that does not exist is item-not-found") {
    Office office;
    CHECK(office.romeo_sets(unsubscribe("none", office.romeo.bare())) == "cancel item-not-found");
}

TEST_CASE("XEP-0060 §6.2.3.5: to unsubscribe with the id of another subscription is not-acceptable, with <invalid-subid/>") {
    Office office;
    REQUIRE(office.has_node("news"));
    REQUIRE(office.romeo.may(set(subscribe("news", office.romeo.bare()), nodes_for_all)));
    CHECK(office.romeo_sets(unsubscribe("news", office.romeo.bare(), "subid='none'")) == "modify not-acceptable invalid-subid");
}

// What an owner makes of others.

TEST_CASE("XEP-0060 §8.8.2.4: a list of subscriptions with one that cannot be is not-acceptable, and nobody is subscribed") {
    Office office;
    REQUIRE(office.has_node("news"));
    const auto romeo = "<subscription jid='romeo@post.example' subscription='subscribed'/>";
    for (const std::string wrong : {"<subscription jid='@@' subscription='none'/>", "<subscription jid='juliet@post.example' subscription='perhaps'/>"})
        CHECK(office.juliet_sets(subscriptions("news", romeo + wrong)) == "modify not-acceptable");
    CHECK_FALSE(office.juliet_gets(subscriptions("news", "")).contains("romeo"));
}

TEST_CASE("XEP-0060 §6.1.3.9: more subscriptions than a node has room for are policy-violation, with <too-many-subscriptions/>") {
    Office office;
    REQUIRE(office.has_node("news"));
    office.house.at_home([](chancery::Host& host) {
        host.database().write_now([](chancery::storage::Transaction& tx) {
            tx.run("WITH RECURSIVE count(i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM count WHERE i < 10000)"
                   " INSERT INTO pubsub_subscription (node, peer, id, is_pending)"
                   " SELECT (SELECT number FROM pubsub_node WHERE name = 'news'), 'capulet-' || i || '@elsewhere.example', 'id', 0 FROM count");
        });
    });
    CHECK(office.juliet_sets(subscriptions("news", "<subscription jid='tybalt@post.example' subscription='subscribed'/>")) ==
          "wait policy-violation too-many-subscriptions");
    CHECK(office.romeo_sets(subscribe("news", office.romeo.bare())) == "wait policy-violation too-many-subscriptions");
}

TEST_CASE("XEP-0060 §8.9.2.3.2: an affiliation that is not offered is feature-not-implemented, with <unsupported/>") {
    Office office;
    REQUIRE(office.has_node("news"));
    CHECK(office.juliet_sets(affiliations("news", "romeo@post.example", "publish-only")) ==
          "cancel feature-not-implemented unsupported(publish-only-affiliation)");
}

TEST_CASE("XEP-0060 §8.9.2.4: an affiliation that is none, or of no address, is not-acceptable") {
    Office office;
    REQUIRE(office.has_node("news"));
    CHECK(office.juliet_sets(affiliations("news", "romeo@post.example", "king")) == "modify not-acceptable");
    CHECK(office.juliet_sets(affiliations("news", "@@", "member")) == "modify not-acceptable");
}

TEST_CASE("XEP-0060 §8.9.2.4: to leave a node without an owner is not-acceptable") {
    Office office;
    REQUIRE(office.has_node("news"));
    CHECK(office.juliet_sets(affiliations("news", "juliet@post.example", "member")) == "modify not-acceptable");
}

TEST_CASE("XEP-0163: to share the ownership of one's own nodes, or to give it up, is not-acceptable") {
    Office office;
    REQUIRE(office.has_own_node("news"));
    CHECK(office.juliet.refused(set(affiliations("news", "romeo@post.example", "owner"))) == "modify not-acceptable");
    CHECK(office.juliet.refused(set(affiliations("news", "juliet@post.example", "none"))) == "modify not-acceptable");
}
