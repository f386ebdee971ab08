#include <doctest/doctest.h>

#include "support/house.h"

using namespace chancery::test;

namespace {

const auto info = get("<query xmlns='http://jabber.org/protocol/disco#info'/>", House::domain);

}  // namespace

TEST_CASE("XEP-0157 §2: the addresses of the settings are told, and no others") {
    House house({{"contact.abuse", "mailto:abuse@post.example xmpp:nurse@post.example"}});
    const auto told = house.sign_in("juliet/balcony").asks(info);
    CHECK(matches("<iq><query xmlns='http://jabber.org/protocol/disco#info'><x xmlns='jabber:x:data' type='result'>"
                  "<field var='FORM_TYPE'><value>http://jabber.org/network/serverinfo</value></field><field var='abuse-addresses'>"
                  "<value>mailto:abuse@post.example</value><value>xmpp:nurse@post.example</value></field></x></query></iq>", told));
    CHECK_FALSE(told.contains("admin-addresses"));
}

TEST_CASE("XEP-0157 §2: without an address there is no form for them") {
    House house;
    CHECK_FALSE(house.sign_in("juliet/balcony").asks(info).contains("serverinfo"));
}
