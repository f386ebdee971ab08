#include "s2s/https.h"

#include <doctest/doctest.h>

using namespace chancery;
using namespace chancery::s2s;

TEST_CASE("OnlyPublicAddressesArePublic") {
    for (const auto* host : {"192.0.3.1", "8.8.8.8", "172.32.0.1", "100.128.0.1", "[2606:4700::1111]", "[::ffff:8.8.8.8]"}) CHECK(is_public(host));
    for (const auto* host : {"127.0.0.1", "10.1.2.3", "172.16.0.1", "172.31.255.255", "192.168.1.1", "169.254.169.254", "100.64.0.1", "0.0.0.0", "224.0.0.1", "255.255.255.255",
                             "198.18.0.1", "[::1]", "[::]", "[fe80::1]", "[fc00::1]", "[fd00::1]", "[ff02::1]", "[::ffff:127.0.0.1]", "[::ffff:10.0.0.1]", "[64:ff9b::7f00:1]",
                             "[2002:7f00:1::]", "[2001::1]", "[::7f00:1]"})
        CHECK_FALSE(is_public(host));
}

TEST_CASE("OnlyAnHttpsUrlOfANamedHostIsFetched") {
    for (const auto* url : {"", "x", "http://a.example/", "ftp://a.example/", "file:///etc/passwd", "https://127.0.0.1/", "https://127.1/", "https://2130706433/", "https://0x7f.0.0.1/",
                            "https://[::1]/", "https://localhost/", "https://user:secret@a.example/", "https:///x", "https://a..example/", "https://a.example:99999/"}) {
        const auto fetched = fetch(url, {.resolver = "127.0.0.1:1"});
        REQUIRE_FALSE(fetched);
        CHECK(fetched.error().starts_with("no https URL of a host"));
    }
}
