#include "load/scram.h"

#include <doctest/doctest.h>

using namespace chancery;
using namespace chancery::load;

TEST_CASE("SCRAM-SHA-1 follows the example of RFC 5802") {
    ScramCache cache;
    Scram scram(cache, Hash::sha1, "user", "pencil", "fyko+d2lbbFgONRv9qkxdawL");
    CHECK(scram.first() == "n,,n=user,r=fyko+d2lbbFgONRv9qkxdawL");
    CHECK(scram.last("r=fyko+d2lbbFgONRv9qkxdawL3rfcNHYJY1ZVvWVs7j,s=QSXCR+Q6sek8bf92,i=4096") ==
          "c=biws,r=fyko+d2lbbFgONRv9qkxdawL3rfcNHYJY1ZVvWVs7j,p=v0X8v3Bz2T0CJGbJQyF0X+HI4Ts=");
    CHECK(scram.is_from_server("v=rmF9pqV8S7suAoZWja4dJRkFsKQ="));
    CHECK_FALSE(scram.is_from_server("v=rmF9pqV8S7suAoZWja4dJRkFsKX="));
}

TEST_CASE("SCRAM-SHA-256 follows the example of RFC 7677") {
    ScramCache cache;
    Scram scram(cache, Hash::sha256, "user", "pencil", "rOprNGfwEbeRWgbNEkqO");
    CHECK(scram.last(
              "r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096") ==
          "c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,p=dHzbZapWIk4jUhN+"
          "Ute9ytag9zjfMHgsqmmiz7AndVQ=");
    CHECK(scram.is_from_server("v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4="));
}

TEST_CASE("SCRAM refuses a challenge with another nonce") {
    ScramCache cache;
    Scram scram(cache, Hash::sha1, "user", "pencil", "abc");
    CHECK_FALSE(scram.last("r=xyz,s=QSXCR+Q6sek8bf92,i=4096"));
    CHECK_FALSE(scram.last("nonsense"));
}
