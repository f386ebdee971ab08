#include "base/crypto.h"

#include <doctest/doctest.h>

#include "base/bytes.h"

using namespace chancery;

TEST_CASE("WhatIsSealedOpensOnlyWithTheSameKeyAndContext") {
    const auto key = Key::random();
    const auto sealed = seal(key, "context", "neither, fair saint");
    CHECK(unseal(key, "context", sealed) == "neither, fair saint");
    CHECK_FALSE(unseal(key, "another", sealed));
    CHECK_FALSE(unseal(Key::random(), "context", sealed));
    for (std::size_t i = 0; i < sealed.size(); ++i) {
        auto changed = sealed;
        changed[i] ^= 1;
        CHECK_FALSE(unseal(key, "context", changed));
    }
}

TEST_CASE("AnEmptyTextSealsAndOpens") {
    const auto key = Key::random();
    CHECK(unseal(key, "", seal(key, "", "")) == "");
}

TEST_CASE("ASignatureVerifiesWithThePublicKeyAlone") {
    const auto seed = Key::random();
    const auto signature = ed25519_sign(seed, "root");
    CHECK(ed25519_verify(ed25519_public(seed), "root", signature));
    CHECK_FALSE(ed25519_verify(ed25519_public(seed), "rook", signature));
    CHECK_FALSE(ed25519_verify("short", "root", signature));
}

TEST_CASE("HmacMatchesTheVectorsOfRfc4231WhateverKeyCameBefore") {
    constexpr auto asked = "what do ya want for nothing?";
    constexpr auto answer = "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843";
    CHECK(to_hex(hmac(Hash::sha256, "Jefe", asked)) == answer);
    CHECK(to_hex(hmac(Hash::sha256, {}, {})) == "b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad");
    CHECK(to_hex(hmac(Hash::sha512, "Jefe", asked)).starts_with("164b7a7bfcf819e2e395fbe73b56e0a3"));
    CHECK(to_hex(hmac(Hash::sha256, "Jefe", asked)) == answer);
}

TEST_CASE("DerivedKeysDifferByPurpose") {
    const auto master = Key::random();
    CHECK(derive_key(master, "a").reveal() == derive_key(master, "a").reveal());
    CHECK(derive_key(master, "a").reveal() != derive_key(master, "b").reveal());
}
