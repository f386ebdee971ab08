#include <doctest/doctest.h>

#include "support/nodes.h"

using namespace chancery::test;

namespace {

std::string decision(const std::string& node, const std::string& subscriber) {
    return "<message to='pubsub.post.example'>" +
           form("http://jabber.org/protocol/pubsub#subscribe_authorization",
                {{"pubsub#node", node}, {"pubsub#subscriber_jid", subscriber}, {"pubsub#allow", "1"}}) + "</message>";
}

/// Romeo has asked to subscribe to Juliet's node.
struct Asked : Office {
    Asked() {
        romeo.is_here();
        REQUIRE(has_node("news", {{"pubsub#access_model", "authorize"}}));
        REQUIRE(romeo.may(set(subscribe("news", romeo.bare()), nodes_for_all)));
    }
};

}  // namespace

TEST_CASE("XEP-0060 §8.6: to decide about a node that is somebody else's is forbidden") {
    Asked asked;
    CHECK(asked.romeo.refused(decision("news", "romeo@post.example")) == "auth forbidden");
    CHECK(asked.romeo_gets(in_pubsub("<items node='news'/>")) == "auth not-authorized pending-subscription");
}

TEST_CASE("XEP-0060 §8.6: to decide about a node that does not exist, or what nobody has asked, is item-not-found") {
    Asked asked;
    CHECK(asked.juliet.refused(decision("none", "romeo@post.example")) == "cancel item-not-found");
    CHECK(asked.juliet.refused(decision("news", "tybalt@post.example")) == "cancel item-not-found");
}

TEST_CASE("XEP-0060 §8.6: what has been decided cannot be decided again: item-not-found") {
    Asked asked;
    asked.juliet.says(decision("news", "romeo@post.example"));
    CHECK(asked.romeo.hears("<message from='pubsub.post.example'><event xmlns='http://jabber.org/protocol/pubsub#event'>"
                            "<subscription node='news' subscription='subscribed'/></event></message>"));
    CHECK(asked.juliet.refused(decision("news", "romeo@post.example")) == "cancel item-not-found");
}
