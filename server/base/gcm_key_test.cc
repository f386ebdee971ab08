#include "base/gcm_key.h"

#include <doctest/doctest.h>

#include "base/crypto.h"

namespace chancery {

TEST_CASE("GcmKey: seals and opens the same without the context and with it") {
    const auto secret = Key::random();
    GcmKey sealing(secret), opening(secret);
    for (char number = '0'; number < '6'; ++number) {
        const std::string nonce(nonce_size, number), text = "text " + std::string(number < '3' ? 1 : 40 * (number - '2'), number);
        std::string sealed(text.size() + tag_size, '\0');
        sealing.seal(nonce, "about", text, sealed.data());
        CHECK(sealed == gcm_seal(secret, nonce, "about", text));
        CHECK(opening.open(nonce, "about", sealed) == text);
        sealed[0] ^= 1;
        CHECK_FALSE(opening.open(nonce, "about", sealed));
    }
}

}  // namespace chancery
