#include "accounts/credentials.h"

#include <doctest/doctest.h>

#include "base/bytes.h"

using namespace chancery;

namespace {

struct Example {
    Hash hash;
    std::string_view salt, auth_message, proof, signature;
};

// RFC 5802 §5 and RFC 7677 §3; user "user", password "pencil", 4096 iterations.
const Example examples[]{
    {Hash::sha1, "QSXCR+Q6sek8bf92",
     "n=user,r=fyko+d2lbbFgONRv9qkxdawL,r=fyko+d2lbbFgONRv9qkxdawL3rfcNHYJY1ZVvWVs7j,s=QSXCR+Q6sek8bf92,i="
     "4096,"
     "c=biws,r=fyko+d2lbbFgONRv9qkxdawL3rfcNHYJY1ZVvWVs7j",
     "v0X8v3Bz2T0CJGbJQyF0X+HI4Ts=", "rmF9pqV8S7suAoZWja4dJRkFsKQ="},
    {Hash::sha256, "W22ZaJ0SNY7soEsUEjb6gQ==",
     "n=user,r=rOprNGfwEbeRWgbNEkqO,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s="
     "W22ZaJ0SNY7soEsUEjb6gQ==,"
     "i=4096,c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0",
     "dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=", "6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4="},
};

}  // namespace

TEST_CASE("TheExamplesOfRfc5802AndRfc7677Verify") {
    for (const auto& example : examples) {
        const auto keys = derive_scram_keys(example.hash, "pencil", *from_base64(example.salt), 4096);
        const auto proof = *from_base64(example.proof);
        CHECK(is_right_proof(example.hash, keys, example.auth_message, proof));
        CHECK(to_base64(server_signature(example.hash, keys, example.auth_message)) == example.signature);

        for (std::size_t i = 0; i < proof.size(); ++i) {
            auto spoiled = proof;
            spoiled[i] ^= 1;
            CHECK_FALSE(is_right_proof(example.hash, keys, example.auth_message, spoiled));
        }
        CHECK_FALSE(is_right_proof(example.hash, keys, example.auth_message, proof.substr(1)));
        CHECK_FALSE(is_right_proof(example.hash, keys, example.auth_message, ""));
        CHECK_FALSE(is_right_proof(example.hash, keys, std::string(example.auth_message) + "x", proof));
    }
}

TEST_CASE("OurKeyDerivationIsPbkdf2") {
    for (const auto h : {Hash::sha1, Hash::sha256, Hash::sha512})
        for (const std::string password :
             {"p",
              "a longer one than a block of the hash, which must be hashed itself first, "
              "and so on until it is above 128 bytes, the block of SHA-512; done now."}) {
            const auto salted = pbkdf2(h, password, "salt", 3);
            const auto keys = derive_scram_keys(h, password, "salt", 3);
            CHECK(keys.stored_key == hash(h, hmac(h, salted, "Client Key")));
            CHECK(keys.server_key == hmac(h, salted, "Server Key"));
        }
}

TEST_CASE("CredentialsSurvivePackingAndNothingElseIsTaken") {
    constexpr Hash all[]{Hash::sha256, Hash::sha512, Hash::sha1};
    const auto credentials = Credentials::derive("pencil", all, 5);
    const auto packed = credentials.pack();
    const auto again = Credentials::unpack(packed);
    REQUIRE(again);
    for (const auto hash : all) {
        REQUIRE(again->find(hash));
        CHECK(*again->find(hash) == *credentials.find(hash));
        CHECK(*again->find(hash) == derive_scram_keys(hash, "pencil", again->find(hash)->salt, 5));
    }
    CHECK(again->find(Hash::sha1)->salt != again->find(Hash::sha256)->salt);
    CHECK_FALSE(Credentials::unpack(packed.substr(0, packed.size() - 1)));
    CHECK_FALSE(Credentials::unpack("\x7F" + packed));
    CHECK_FALSE(Credentials::unpack("\xFF" + packed));
    CHECK(Credentials::unpack("")->find(Hash::sha1) == nullptr);
}
