#include <doctest/doctest.h>

#include "support/house.h"

using namespace chancery::test;

namespace {

std::string letter(const std::string& addresses) {
    return "<message to='multicast.post.example'><addresses xmlns='http://jabber.org/protocol/address'>" + addresses +
           "</addresses><body>Hist!</body></message>";
}
const std::string to_romeo = "<address type='to' jid='romeo@post.example'/>";

struct Square {
    explicit Square(const House::Settings& settings = {}) : house(settings) {}
    House house;
    Person& juliet = house.sign_in("juliet/balcony");
    Person& romeo = house.sign_in("romeo/orchard").is_here();

    std::string refused(const std::string& addresses) {
        const auto refusal = juliet.refused(letter(addresses));
        CHECK(romeo.hears_nothing("<message/>", {&juliet}));  // "and processing stops" (§6)
        return refusal;
    }
};

}  // namespace

TEST_CASE("XEP-0033 §6, §9: an address to which no way leads is forbidden, and nobody gets anything") {
    Square square;
    CHECK(square.refused(to_romeo + "<address type='cc' jid='tybalt@elsewhere.example'/>") == "auth forbidden");
}

TEST_CASE("XEP-0033 §2.2: to send on to a service of this server is forbidden, and nobody gets anything") {
    Square square;
    CHECK(square.refused(to_romeo + "<address type='to' jid='multicast.post.example'/>") == "auth forbidden");
}

TEST_CASE("XEP-0033 §9: a URI, which is not understood, is jid-malformed") {
    Square square;
    CHECK(square.refused(to_romeo + "<address type='to' uri='sip:tybalt@post.example'/>") == "modify jid-malformed");
}

TEST_CASE("XEP-0033 §4.1: an address that is none, or is not given, is jid-malformed") {
    Square square;
    CHECK(square.refused(to_romeo + "<address type='to' jid='@@'/>") == "modify jid-malformed");
    CHECK(square.refused(to_romeo + "<address type='to'/>") == "modify jid-malformed");
}

TEST_CASE("XEP-0033 §9: more addresses than a message may have are not-acceptable") {
    Square square({{"limits.multicast", "1"}});
    CHECK(square.refused(to_romeo + "<address type='to' jid='juliet@post.example'/>") == "modify not-acceptable");
}

TEST_CASE("XEP-0033 §6: a message that names nobody to send it to is bad-request") {
    Square square;
    CHECK(square.refused("") == "modify bad-request");
    CHECK(square.refused("<address type='to' delivered='true' jid='romeo@post.example'/>") == "modify bad-request");
}

TEST_CASE("XEP-0033 §2.2: a message without addresses is item-not-found") {
    Square square;
    CHECK(square.juliet.refused("<message to='multicast.post.example'><body>Hist!</body></message>") == "cancel item-not-found");
    CHECK(square.juliet.refused("<message to='somebody@multicast.post.example'><body>Hist!</body></message>") == "cancel item-not-found");
}

TEST_CASE("XEP-0033 §2.1: what the service does not know is service-unavailable") {
    Square square;
    CHECK(square.juliet.refused(get("<query xmlns='jabber:iq:version'/>", "multicast.post.example")) == "cancel service-unavailable");
    CHECK(square.juliet.refused(set("<query xmlns='http://jabber.org/protocol/disco#info'/>", "multicast.post.example")) == "cancel service-unavailable");
}

TEST_CASE("XEP-0033 §2.1: a service that is switched off is remote-server-not-found") {
    Square square({{"limits.multicast", "0"}});
    CHECK(square.refused(to_romeo) == "cancel remote-server-not-found");
}
