#include "components/rights.h"

#include <doctest/doctest.h>

using namespace chancery::components;

TEST_CASE("ComponentRights: are read from the words of the setting, and told") {
    const auto rights = Rights::parse(" roster=both message=outgoing iq:set=urn:a iq:get=urn:a  iq:get=urn:b delegate=urn:c ");
    REQUIRE(rights);
    CHECK(rights->roster.allows(true));
    CHECK(rights->requests.at("urn:a").name() == "both");
    CHECK_FALSE(rights->requests.at("urn:b").allows(true));
    CHECK(rights->delegated.at("urn:c").empty());
    CHECK(rights->privilege_xml() == "<privilege xmlns='urn:xmpp:privilege:2'><perm access='roster' type='both' push='true'/>"
                                     "<perm access='message' type='outgoing'/><perm access='iq'><namespace ns='urn:a' type='both'/>"
                                     "<namespace ns='urn:b' type='get'/></perm></privilege>");
    CHECK(rights->delegation_xml() == "<delegation xmlns='urn:xmpp:delegation:2'><delegated namespace='urn:c'/></delegation>");
}

TEST_CASE("ComponentRights: presence, pushes and attributes") {
    const auto rights = Rights::parse("presence=roster roster=get push=false delegate=urn:a[node,id]");
    REQUIRE(rights);
    CHECK(rights->privilege_xml() == "<privilege xmlns='urn:xmpp:privilege:2'><perm access='roster' type='get' push='false'/>"
                                     "<perm access='presence' type='roster'/></privilege>");
    CHECK(rights->delegation_xml() == "<delegation xmlns='urn:xmpp:delegation:2'><delegated namespace='urn:a'><attribute name='id'/>"
                                      "<attribute name='node'/></delegated></delegation>");
    CHECK_FALSE(Rights::parse("roster=set")->pushes_rosters());
    CHECK(Rights::parse("presence=managed_entity")->privilege_xml().contains("type='managed_entity'"));
}

TEST_CASE("ComponentRights: nothing is allowed where nothing is said") {
    const auto rights = Rights::parse("");
    REQUIRE(rights);
    CHECK_FALSE(rights->roster.allows(false));
    CHECK(rights->privilege_xml().empty());
    CHECK(rights->delegation_xml().empty());
}

TEST_CASE("ComponentRights: a word that is none is named") {
    for (const auto* words : {"roster", "roster=all", "message=incoming", "iq=urn:a", "iq:none=urn:a", "delegate=", "presence=roster", "presence=all", "push=perhaps", "delegate=[a]", "delegate=urn:a[", "delegate=urn:a[]", "delegate=urn:a[b,,c]"}) {
        CAPTURE(words);
        const auto rights = Rights::parse(words);
        REQUIRE_FALSE(rights);
        CHECK(rights.error() == words);
    }
}
