#include <doctest/doctest.h>

#include "support/nodes.h"

using namespace chancery::test;

TEST_CASE("XEP-0060 §8.7.3.1: commands are not offered at the nodes for all: service-unavailable") {
    Office office;
    CHECK(office.juliet_sets("<command xmlns='http://jabber.org/protocol/commands' node='http://jabber.org/protocol/pubsub#get-pending'/>") ==
          "cancel service-unavailable");
}

TEST_CASE("XEP-0060 §4: what the service does not know is service-unavailable, and so is everybody in its domain") {
    Office office;
    CHECK(office.romeo_gets("<query xmlns='jabber:iq:version'/>") == "cancel service-unavailable");
    CHECK(office.romeo.refused(get(in_pubsub("<items node='news'/>"), "somebody@pubsub.post.example")) == "cancel service-unavailable");
}

TEST_CASE("XEP-0060 §4: a message to the service that decides nothing is service-unavailable") {
    Office office;
    CHECK(office.romeo.refused("<message to='pubsub.post.example'><body>Hist!</body></message>") == "cancel service-unavailable");
}

TEST_CASE("XEP-0060 §8.1.1: a service that is switched off is remote-server-not-found") {
    House house({{"pubsub.service", ""}});
    CHECK(house.sign_in("juliet/balcony").refused(set(create("news"), nodes_for_all)) == "cancel remote-server-not-found");
}
