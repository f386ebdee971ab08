#include "xmpp/posh_document.h"

#include <doctest/doctest.h>

#include "base/bytes.h"
#include "base/crypto.h"

using namespace chancery;

namespace {

std::string fingerprint(Hash kind) { return to_base64(hash(kind, "certificate")); }
bool proves(const std::string& json) {
    const auto document = PoshDocument::parse(json);
    return document && document->has("certificate");
}

}  // namespace

TEST_CASE("ADocumentNamesCertificatesByEitherHash") {
    CHECK(proves(R"({"expires":60,"fingerprints":[{"sha-256":")" + fingerprint(Hash::sha256) + R"("}]})"));
    CHECK(proves(R"({"expires":60,"fingerprints":[{"sha-256":"AAAA"},{"sha-512":")" + fingerprint(Hash::sha512) + R"(","x":1}]})"));
    CHECK_FALSE(PoshDocument::parse(R"({"expires":60,"fingerprints":[{"sha-256":")" + fingerprint(Hash::sha256) + R"("}]})")->has("another"));
}

TEST_CASE("OurOwnDocumentIsOneThatWeWouldBelieve") {
    const auto read = PoshDocument::parse(PoshDocument::of("certificate"));
    REQUIRE(read);
    CHECK(read->has("certificate"));
    CHECK_FALSE(read->has("another"));
    CHECK(read->expires == PoshDocument::our_life);
}

TEST_CASE("Sha1IsNoFingerprint") {
    CHECK_FALSE(PoshDocument::parse(R"({"expires":60,"fingerprints":[{"sha-1":")" + fingerprint(Hash::sha1) + R"("}]})"));
    CHECK_FALSE(PoshDocument::parse(R"({"expires":60,"fingerprints":[{"sha-256":")" + fingerprint(Hash::sha1) + R"("}]})"));
}

TEST_CASE("ADocumentWithoutATimeIsGoodForNone") {
    const auto with = [](const std::string& expires) { return PoshDocument::parse(R"({"url":"https://a.example/x")" + expires + "}"); };
    CHECK_FALSE(with(""));
    CHECK_FALSE(with(R"(,"expires":0)"));
    CHECK_FALSE(with(R"(,"expires":-5)"));
    CHECK_FALSE(with(R"(,"expires":1.5)"));
    CHECK_FALSE(with(R"(,"expires":"60")"));
    CHECK(with(R"(,"expires":60)")->expires == std::chrono::minutes(1));
    CHECK(with(R"(,"expires":18446744073709551615)")->expires == PoshDocument::longest);
}

TEST_CASE("FingerprintsGoBeforeAUrl") {
    const auto both = PoshDocument::parse(R"({"expires":60,"url":"https://a.example/x","fingerprints":[{"sha-256":")" + fingerprint(Hash::sha256) + R"("}]})");
    REQUIRE(both);
    CHECK(both->url.empty());
    CHECK_FALSE(PoshDocument::parse(R"({"expires":60,"url":"https://a.example/x","fingerprints":[]})"));
}

TEST_CASE("WhatIsNoDocumentIsRefused") {
    for (const auto* text : {"", "x", "[]", "null", "1", "{}", R"({"expires":60})", R"({"expires":60,"fingerprints":{}})", R"({"expires":60,"fingerprints":[1,null,"a",[]]})",
                             R"({"expires":60,"fingerprints":[{"sha-256":5}]})", R"({"expires":60,"fingerprints":[{"sha-256":"!!"}]})", R"({"expires":60,"url":5})",
                             R"({"expires":60,"url":""})", "{\"expires\":60,\"url\":\"\xFF\"}", R"({"expires":60,"url":"https://a.example/")"})
        CHECK_FALSE(PoshDocument::parse(text));
    CHECK_FALSE(PoshDocument::parse(std::string(60'000, '[')));
    CHECK_FALSE(PoshDocument::parse(std::string(30'000, '[') + std::string(30'000, ']')));
    std::string many = R"({"expires":60,"fingerprints":[)";
    for (int i = 0; i < 500; ++i) many += R"({"sha-256":")" + fingerprint(Hash::sha256) + "\"},";
    many.back() = ']';
    CHECK(PoshDocument::parse(many + "}")->fingerprints.size() == PoshDocument::most_fingerprints);
}
