#include "net/door.h"

#include <doctest/doctest.h>

#include <vector>

using namespace chancery;
using net::Door;

namespace {

constexpr Door::Limits small{.connections = 10, .connections_per_address = 3, .signing_in = 5, .signing_in_per_address = 2};

std::string refusal(Door& door, const char* address) {
    const auto pass = door.admit(net::Address::parse(address));
    return pass ? "" : pass.error().by_address ? "too many of one" : "full";
}

/// Comes in, and stays.
Door::Pass enter(Door& door, const char* address) {
    auto pass = door.admit(net::Address::parse(address));
    REQUIRE(pass);
    return std::move(*pass);
}

}  // namespace

TEST_CASE("AnAddressHasSoManyConnectionsAndNoMore") {
    Door door("test", small);
    std::vector<Door::Pass> inside;
    for (int i = 0; i < 3; ++i) {
        inside.push_back(enter(door, "192.0.2.1:1"));
        inside.back().signed_in();
    }
    CHECK(refusal(door, "192.0.2.1:2") == "too many of one");
    CHECK(refusal(door, "[::ffff:192.0.2.1]:2") == "too many of one");
    CHECK(refusal(door, "192.0.2.2:1").empty());
    inside.pop_back();
    CHECK(refusal(door, "192.0.2.1:2").empty());
}

TEST_CASE("AnIpv6AddressIsOneOfASubscriberWhoHasMany") {
    Door door("test", small);
    const auto one = enter(door, "[2001:db8::1]:1"), another = enter(door, "[2001:db8::2]:1");
    CHECK(refusal(door, "[2001:db8::3]:1") == "too many of one");
    CHECK(refusal(door, "[2001:db8:0:1::1]:1").empty());
}

TEST_CASE("WhoHasNotSignedInIsCountedApart") {
    Door door("test", small);
    auto first = enter(door, "192.0.2.1:1");
    const auto second = enter(door, "192.0.2.1:1");
    CHECK(refusal(door, "192.0.2.1:1") == "too many of one");
    first.signed_in();
    CHECK(refusal(door, "192.0.2.1:1").empty());

    std::vector<Door::Pass> others;
    for (const auto* address : {"192.0.2.2:1", "192.0.2.3:1", "192.0.2.4:1", "192.0.2.5:1"}) others.push_back(enter(door, address));
    CHECK(refusal(door, "192.0.2.6:1") == "full");
    others.back().signed_in();
    CHECK(refusal(door, "192.0.2.6:1").empty());
}

TEST_CASE("ThisMachineIsLimitedOnlyAsAllAre") {
    Door door("test", small);
    std::vector<Door::Pass> inside;
    for (int i = 0; i < 10; ++i) {
        inside.push_back(enter(door, i % 2 ? "127.0.0.1:1" : "[::1]:1"));
        inside.back().signed_in();
    }
    CHECK(refusal(door, "127.0.0.1:1") == "full");
    CHECK(door.connections() == 10);
    inside.clear();
    CHECK(door.connections() == 0);
}
