#include <doctest/doctest.h>

#include "support/nodes.h"

using namespace chancery::test;

TEST_CASE("XEP-0060 §7.2.3.3, §8.2.3.3: a request that names no node is bad-request, with <nodeid-required/>") {
    Office office;
    for (const std::string verb : {"<publish/>", "<retract/>", "<subscribe jid='romeo@post.example'/>", "<unsubscribe jid='romeo@post.example'/>"})
        CHECK(office.romeo_sets(in_pubsub(verb)) == "modify bad-request nodeid-required");
    for (const std::string verb : {"<configure/>", "<delete/>", "<purge/>", "<subscriptions/>", "<affiliations/>"})
        CHECK(office.romeo_sets(in_owner(verb)) == "modify bad-request nodeid-required");
    CHECK(office.romeo_gets(in_pubsub("<items/>")) == "modify bad-request nodeid-required");
}

TEST_CASE("XEP-0060 §12.8: the name of a node that is too long is not-acceptable") {
    Office office;
    CHECK(office.romeo_gets(in_pubsub("<items node='" + std::string(1'024, 'n') + "'/>")) == "modify not-acceptable");
    CHECK(office.juliet_sets(create(std::string(1'024, 'n'))) == "modify not-acceptable");
}

TEST_CASE("XEP-0060 §6.3.4.6, §6.4.3.1: options of subscriptions are feature-not-implemented, with <unsupported/>") {
    Office office;
    REQUIRE(office.has_node("news"));
    const auto options = in_pubsub("<options node='news' jid='romeo@post.example'/>");
    const auto refusal = "cancel feature-not-implemented unsupported(subscription-options)";
    CHECK(office.romeo_gets(options) == refusal);
    CHECK(office.romeo_sets(options) == refusal);
    CHECK(office.romeo_gets(in_pubsub("<default node='news'/>")) == refusal);
}

TEST_CASE("XEP-0060 §11: a request in which there is nothing for nodes is bad-request") {
    Office office;
    CHECK(office.romeo_gets(in_pubsub("")) == "modify bad-request");
    CHECK(office.romeo_sets(in_pubsub("<items node='news'/>")) == "modify bad-request");
    CHECK(office.romeo_gets(in_owner("<dance/>")) == "modify bad-request");
}

TEST_CASE("XEP-0060 §6.5.9.11: a node that does not exist is item-not-found") {
    Office office;
    CHECK(office.romeo_gets(in_pubsub("<items node='none'/>")) == "cancel item-not-found");
    CHECK(office.romeo.refused(get(in_pubsub("<items node='none'/>"))) == "cancel item-not-found");
}

TEST_CASE("XEP-0163, XEP-0030 §8: a stranger is told of a person's nodes no more than of an account that does not exist") {
    Office office;
    CHECK(office.romeo.refused(get(in_pubsub("<items node='none'/>"), "juliet@post.example")) == "cancel service-unavailable");
    CHECK(office.romeo.refused(get(in_pubsub("<items node='none'/>"), "nobody@post.example")) == "cancel service-unavailable");
}

TEST_CASE("XEP-0060 §8.2.3.2, §8.4.3.1, §8.5.3.2, §8.8, §8.9: what only an owner may do is forbidden to others") {
    Office office;
    REQUIRE(office.has_node("news"));
    REQUIRE(office.makes(office.romeo, "news", "publisher"));
    for (const std::string verb : {"configure", "delete", "purge", "subscriptions", "affiliations"})
        CHECK(office.romeo_sets(in_owner("<" + verb + " node='news'/>")) == "auth forbidden");
    for (const std::string verb : {"configure", "subscriptions", "affiliations"})
        CHECK(office.romeo_gets(in_owner("<" + verb + " node='news'/>")) == "auth forbidden");
}

TEST_CASE("XEP-0060 §8.2.3.5, §8.4.3.2, §8.5.3.4, §8.8, §8.9: what an owner does to a node that does not exist is item-not-found") {
    Office office;
    for (const std::string verb : {"configure", "delete", "purge", "subscriptions", "affiliations"})
        CHECK(office.juliet_sets(in_owner("<" + verb + " node='none'/>")) == "cancel item-not-found");
    for (const std::string verb : {"configure", "subscriptions", "affiliations"})
        CHECK(office.juliet_gets(in_owner("<" + verb + " node='none'/>")) == "cancel item-not-found");
}
