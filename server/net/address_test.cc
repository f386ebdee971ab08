#include "net/address.h"

#include <doctest/doctest.h>

#include "net/error.h"

using namespace chancery;
using namespace chancery::net;

TEST_CASE("AddressesAreReadAndWritten") {
    for (const std::string text : {"127.0.0.1:5222", "[::1]:0", "[2001:db8::7]:65535"})
        CHECK(Address::parse(text).to_string() == text);
    CHECK(Address::parse("[::ffff:192.0.2.1]:80").to_string() == "192.0.2.1:80");
    for (const std::string text :
         {"", "127.0.0.1", ":1", "127.0.0.1:65536", "127.0.0.1:-1", "[::1:1", "name:1"})
        CHECK_THROWS_AS(Address::parse(text), SocketError);
}
