#include <doctest/doctest.h>

#include "support/house.h"

using namespace chancery::test;

namespace {

std::string revoke(const std::string& id) { return set("<revoke xmlns='urn:xmpp:cam:0' id='" + id + "'/>"); }

/// Of the first device in the list.
std::string id_in(const std::string& list) {
    const auto begin = list.find("id='session-") + 4;
    return list.substr(begin, list.find('\'', begin) - begin);
}

}  // namespace

TEST_CASE("XEP-0494 §3.2: a device that one does not have is item-not-found") {
    House house;
    auto& juliet = house.sign_in("juliet/balcony");
    for (const std::string id : {"none", "session-0", ""}) CHECK(juliet.refused(revoke(id)) == "cancel item-not-found");
}

TEST_CASE("XEP-0494 §3.2: another's device is item-not-found, and stays") {
    House house;
    auto& juliet = house.sign_in("juliet/balcony");
    auto& romeo = house.sign_in("romeo/orchard");
    CHECK(romeo.refused(revoke(id_in(juliet.asks(get("<list xmlns='urn:xmpp:cam:0'/>"))))) == "cancel item-not-found");
    CHECK(juliet.may(get("<ping xmlns='urn:xmpp:ping'/>")));
}

TEST_CASE("XEP-0494 §3.2: a device that knows the password is signed out, with service-unavailable and <password-reset-required/>") {
    House house;
    auto& phone = house.sign_in("juliet/phone");
    const auto id = id_in(phone.asks(get("<list xmlns='urn:xmpp:cam:0'/>")));
    auto& desk = house.sign_in("juliet/desk");
    CHECK(desk.refused(revoke(id)) == "cancel service-unavailable password-reset-required");
    CHECK(phone.hears("<stream:error><policy-violation xmlns='urn:ietf:params:xml:ns:xmpp-streams'/></stream:error>"));
}
