#include <doctest/doctest.h>

#include "support/commands.h"

using namespace chancery::test;

namespace {

const std::string node = "http://jabber.org/protocol/admin#";

struct Kitchen {
    House house;
    Person& nurse = house.sign_in_administrator("nurse/kitchen");
    std::string refused(const std::string& name, const Fields& fields) { return nurse.refused(command(node + name, fields)); }
    std::string refused_to_add(const std::string& jid, const std::string& password, const std::string& again) {
        return refused("add-user", {{"accountjid", jid}, {"password", password}, {"password-verify", again}});
    }
};

}  // namespace

TEST_CASE("XEP-0133 §5: adding an account that exists is conflict") {
    Kitchen kitchen;
    kitchen.house.has("tybalt");
    CHECK(kitchen.refused_to_add("tybalt@post.example", "secret", "secret") == "cancel conflict");
}

TEST_CASE("XEP-0133 §4.1: an address that cannot be an account's is jid-malformed") {
    Kitchen kitchen;
    for (const std::string jid : {"@@", "", "post.example", "tybalt@elsewhere.example", "tybalt@post.example/sword"})
        CHECK(kitchen.refused_to_add(jid, "secret", "secret") == "modify jid-malformed");
}

TEST_CASE("XEP-0133 §4.1: two passwords that differ, or an empty one, are not-acceptable") {
    Kitchen kitchen;
    CHECK(kitchen.refused_to_add("tybalt@post.example", "secret", "secrets") == "modify not-acceptable");
    CHECK(kitchen.refused_to_add("tybalt@post.example", "", "") == "modify not-acceptable");
}

TEST_CASE("XEP-0133 §4.3: to disable oneself is not-allowed, and nobody is disabled") {
    Kitchen kitchen;
    auto& tybalt = kitchen.house.sign_in("tybalt/sword");
    CHECK(kitchen.refused("disable-user", {{"accountjids", "tybalt@post.example"}, {"accountjids", "nurse@post.example"}}) == "cancel not-allowed");
    CHECK(tybalt.may(get("<ping xmlns='urn:xmpp:ping'/>")));
}

TEST_CASE("XEP-0133 §4.7: a password that cannot be one is not-acceptable") {
    Kitchen kitchen;
    kitchen.house.has("tybalt");
    CHECK(kitchen.refused("change-user-password", {{"accountjid", "tybalt@post.example"}, {"password", ""}}) == "modify not-acceptable");
}

TEST_CASE("XEP-0133 §4.29: to take the role from oneself is not-allowed") {
    Kitchen kitchen;
    kitchen.house.has("friar");
    CHECK(kitchen.refused("edit-admin", {{"adminjids", "friar@post.example"}}) == "cancel not-allowed");
}
