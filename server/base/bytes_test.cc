#include "base/bytes.h"

#include <doctest/doctest.h>

using namespace chancery;

TEST_CASE("Base64MatchesTheVectorsOfRfc4648") {
    const std::pair<std::string_view, std::string_view> vectors[] = {
        {"", ""}, {"f", "Zg=="}, {"fo", "Zm8="}, {"foo", "Zm9v"}, {"foob", "Zm9vYg=="}, {"foobar", "Zm9vYmFy"}};
    for (const auto& [bytes, text] : vectors) {
        CHECK(to_base64(bytes) == text);
        CHECK(from_base64(text) == bytes);
    }
}

TEST_CASE("SloppyBase64IsRefused") {
    for (auto text : {"Zg", "Zg=", "Zh==", "Z===", "Zm9v\n", "Zm 9", "====", "Zg==Zg=="}) CHECK_FALSE(from_base64(text));
}

TEST_CASE("HexGoesBothWays") {
    CHECK(to_hex(std::string_view("\x00\xff", 2)) == "00ff");
    CHECK(from_hex("00FF") == std::string("\x00\xff", 2));
    CHECK_FALSE(from_hex("0"));
    CHECK_FALSE(from_hex("zz"));
}
