#include <doctest/doctest.h>

#include "support/nodes.h"

using namespace chancery::test;

namespace {

std::string about(const std::string& node) { return "<query xmlns='http://jabber.org/protocol/disco#info' node='" + node + "'/>"; }
std::string items_of(const std::string& node) { return "<query xmlns='http://jabber.org/protocol/disco#items' node='" + node + "'/>"; }

}  // namespace

TEST_CASE("XEP-0060 §5.3, §5.5: about a node that does not exist, item-not-found") {
    Office office;
    CHECK(office.romeo_gets(about("none")) == "cancel item-not-found");
    CHECK(office.romeo_gets(items_of("none")) == "cancel item-not-found");
    CHECK(office.romeo.refused(get(about("none"), office.romeo.bare())) == "cancel item-not-found");
}

TEST_CASE("XEP-0060 §5.3, §5.5: about a node that one may not read, what reading it would be answered with") {
    Office office;
    REQUIRE(office.has_node("closed", {{"pubsub#access_model", "whitelist"}}));
    CHECK(office.romeo_gets(about("closed")) == "cancel not-allowed closed-node");
    CHECK(office.romeo_gets(items_of("closed")) == "cancel not-allowed closed-node");
}

TEST_CASE("XEP-0060 §5.2: nodes that one may not read are not listed") {
    Office office;
    REQUIRE(office.has_node("closed", {{"pubsub#access_model", "whitelist"}}));
    REQUIRE(office.has_node("open"));
    const auto list = office.romeo_gets("<query xmlns='http://jabber.org/protocol/disco#items'/>");
    CHECK(list.contains("node='open'"));
    CHECK_FALSE(list.contains("closed"));
}
