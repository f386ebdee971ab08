#include "base/gcm_key.h"

#include <doctest/doctest.h>

#include "base/crypto.h"

namespace chancery {

TEST_CASE("GcmKey: seals and opens the same the first time and with the context that is kept from the second on") {
    const auto secret = Key::random();
    GcmKey sealing(secret), opening(secret);
    for (char number = '0'; number < '4'; ++number) {
        const std::string nonce(nonce_size, number), text = "text " + std::string(1, number);
        std::string sealed(text.size() + tag_size, '\0');
        sealing.seal(nonce, "about", text, sealed.data());
        CHECK(sealed == gcm_seal(secret, nonce, "about", text));
        CHECK(opening.open(nonce, "about", sealed) == text);
        sealed[0] ^= 1;
        CHECK_FALSE(opening.open(nonce, "about", sealed));
    }
}

}  // namespace chancery
