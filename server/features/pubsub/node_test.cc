#include "features/pubsub/node.h"

#include <doctest/doctest.h>

namespace chancery::pubsub {
namespace {

Jid jid(std::string_view text) { return *Jid::parse(text); }

const Jid juliet = jid("juliet@capulet.lit"), romeo = jid("romeo@montague.lit/orchard");
const Standing stranger, friendly{.sees_presence = true, .groups = {"Friends"}};

/// As the error says it: its condition, and that of XEP-0060.
std::string told(const Result<void, StanzaError>& result) {
    REQUIRE_FALSE(result);
    const auto& application = result.error().application;
    const auto detail = application.substr(application.empty() ? 0 : 1, application.find(' ') - 1);
    return std::string(name_of(result.error().condition)) + (application.empty() ? "" : " " + detail);
}

Node node_with(Access access) { return {.number = 1, .owner = juliet, .name = "n", .settings = {.access = access, .groups = {"Friends"}}}; }

}  // namespace

TEST_CASE("AccessModelsSayWhoReads") {
    CHECK(may_read(node_with(Access::open), romeo, stranger));
    CHECK(may_read(node_with(Access::presence), romeo, friendly));
    CHECK(may_read(node_with(Access::roster), romeo, friendly));
    CHECK_FALSE(may_read(node_with(Access::presence), romeo, stranger));
    CHECK_FALSE(may_read(node_with(Access::roster), romeo, Standing{.sees_presence = true, .groups = {"Enemies"}}));
    CHECK_FALSE(may_read(node_with(Access::roster), romeo, Standing{.sees_presence = false, .groups = {"Friends"}}));
    CHECK_FALSE(may_read(node_with(Access::whitelist), romeo, friendly));
    for (const auto access : {Access::open, Access::presence, Access::roster, Access::whitelist})
        CHECK(may_read(node_with(access), jid("juliet@capulet.lit/balcony"), stranger));
}

TEST_CASE("AnAffiliationIsStrongerThanTheModel") {
    auto node = node_with(Access::whitelist);
    node.affiliations[romeo.bare()] = Affiliation::member;
    CHECK(may_read(node, romeo, stranger));
    CHECK_FALSE(may_publish(node, romeo));
    node.affiliations[romeo.bare()] = Affiliation::publisher;
    CHECK(may_publish(node, romeo));
    auto open = node_with(Access::open);
    open.settings.publish_model = PublishModel::open;
    CHECK(may_publish(open, romeo));
    open.affiliations[romeo.bare()] = Affiliation::outcast;
    CHECK_FALSE(may_read(open, romeo, friendly));
    CHECK_FALSE(may_publish(open, romeo));
}

TEST_CASE("SubscribersPublishWhereTheNodeSaysSo") {
    auto node = node_with(Access::open);
    node.settings.publish_model = PublishModel::subscribers;
    CHECK_FALSE(may_publish(node, romeo));
    node.subscriptions[romeo.bare()] = "id";
    CHECK(may_publish(node, romeo));
}


TEST_CASE("WhoHasSubscribedReadsWhatAnOwnerAllows") {
    auto node = node_with(Access::authorize);
    CHECK_FALSE(may_read(node, romeo, friendly));
    node.pending[romeo.bare()] = "id";
    CHECK(may_read(node, romeo, friendly).error().application.contains("pending-subscription"));
    node.subscriptions.swap(node.pending);
    CHECK(may_read(node, romeo, friendly));
}

TEST_CASE("XEP-0060 §6.5.9: each access model refuses to read in its own words") {
    CHECK(told(may_read(node_with(Access::presence), romeo, stranger)) == "not-authorized presence-subscription-required");
    CHECK(told(may_read(node_with(Access::roster), romeo, stranger)) == "not-authorized not-in-roster-group");
    CHECK(told(may_read(node_with(Access::authorize), romeo, stranger)) == "not-authorized not-subscribed");
    CHECK(told(may_read(node_with(Access::whitelist), romeo, stranger)) == "not-allowed closed-node");
}

TEST_CASE("XEP-0060 §6.5.9.10, §7.1.3.1: who is cast out is forbidden to read, and who may not publish to publish") {
    auto node = node_with(Access::open);
    CHECK(told(may_publish(node, romeo)) == "forbidden");
    node.affiliations[romeo.bare()] = Affiliation::outcast;
    CHECK(told(may_read(node, romeo, friendly)) == "forbidden");
}

}  // namespace chancery::pubsub
