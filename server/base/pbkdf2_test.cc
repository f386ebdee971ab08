#include <doctest/doctest.h>
#include <openssl/evp.h>
#include <openssl/provider.h>

#include "base/bytes.h"
#include "base/crypto.h"

using namespace chancery;

namespace {

std::string derived(Hash hash, std::string_view password, std::string_view salt, int iterations) {
    return to_hex(pbkdf2(hash, password, salt, iterations));
}

}  // namespace

TEST_CASE("Pbkdf2MatchesTheVectorsOfRfc6070AndRfc7914") {
    CHECK(derived(Hash::sha1, "password", "salt", 1) == "0c60c80f961f0e71f3a9b524af6012062fe037a6");
    CHECK(derived(Hash::sha1, "password", "salt", 2) == "ea6c014dc72d6f8ccd1ed92ace1d41f0d8de8957");
    CHECK(derived(Hash::sha1, "password", "salt", 4096) == "4b007901b765489abead49d926f721d065a429c1");
    // RFC 7914 §11, whose keys have two blocks: the first is ours.
    CHECK(derived(Hash::sha256, "passwd", "salt", 1) == "55ac046e56e3089fec1691c22544b605f94185216dde0465e68b9d57c20dacbc");
    CHECK(derived(Hash::sha256, "Password", "NaCl", 80000) ==
          "4ddcd8f60b98be21830cee5ef22701f9641a4418d04c0414aeff08876b34ab56");
}

TEST_CASE("Pbkdf2IsWhatOpensslDerivesForKeysBelowAndAboveABlock") {
    for (const auto& [hash, algorithm] : {std::pair{Hash::sha1, EVP_sha1()}, {Hash::sha256, EVP_sha256()}, {Hash::sha512, EVP_sha512()}})
        for (const std::size_t size : {0, 1, 63, 64, 65, 127, 128, 129, 300}) {
            std::string password(size, 'p'), salt = "salt" + std::string(size, 's');
            for (std::size_t i = 0; i < size; ++i) password[i] = static_cast<char>(i * 7);
            std::string expected(static_cast<std::size_t>(EVP_MD_get_size(algorithm)), '\0');
            PKCS5_PBKDF2_HMAC(password.data(), static_cast<int>(size), reinterpret_cast<const unsigned char*>(salt.data()),
                              static_cast<int>(salt.size()), 3, algorithm, static_cast<int>(expected.size()),
                              reinterpret_cast<unsigned char*>(expected.data()));
            CHECK(pbkdf2(hash, password, salt, 3) == expected);
        }
}

TEST_CASE("WhereOnlyApprovedAlgorithmsMayBeUsedTheProviderDerivesOrNobody") {
    const auto usual = pbkdf2(Hash::sha256, "a password of length", "a salt of sixteen bytes", 1000);
    REQUIRE(EVP_default_properties_enable_fips(nullptr, 1) == 1);
    std::string approved;
    try {
        approved = pbkdf2(Hash::sha256, "a password of length", "a salt of sixteen bytes", 1000);
    } catch (const CryptoError&) {
        approved = "no provider";
    }
    REQUIRE(EVP_default_properties_enable_fips(nullptr, 0) == 1);
    if (OSSL_PROVIDER_available(nullptr, "fips")) CHECK(approved == usual);
    else CHECK(approved == "no provider");
}
