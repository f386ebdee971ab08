// Everything cryptographic that the server does besides TLS, through OpenSSL EVP (so that a FIPS provider serves;
// pbkdf2.cc says why it does so only where one is asked for).
#pragma once
#include <array>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>

#include "base/hash.h"
#include "base/secret.h"

namespace chancery {

/// OpenSSL refused something that cannot be refused unless the installation is broken.
struct CryptoError : std::runtime_error {
    using std::runtime_error::runtime_error;
};

void fill_random(char* bytes, std::size_t size);
std::string random_bytes(std::size_t size);
/// Letters and digits that are not mistaken for each other; `length` characters, about 5.7 bits each.
std::string random_password(std::size_t length);

enum class Hash { sha1, sha256, sha512 };

std::string hash(Hash algorithm, std::string_view bytes);
std::string hmac(Hash algorithm, std::string_view key, std::string_view bytes);
/// RFC 8018 §5.2, one block: as long as the hash; `iterations` is 1 or more. Takes milliseconds at the usual counts: not for a shard thread.
std::string pbkdf2(Hash algorithm, std::string_view password, std::string_view salt, int iterations);
/// RFC 5869, SHA-256, no salt: a key of its own for each use of a master key.
Key derive_key(const Key& master, std::string_view purpose);

/// True when equal; takes the same time wherever they differ.
bool constant_time_equal(std::string_view a, std::string_view b);

inline constexpr std::size_t nonce_size = 12, tag_size = 16;

/// AES-256-GCM (NIST SP 800-38D). The result is ciphertext and tag: plaintext.size() + tag_size bytes.
/// A nonce is used once per key.
std::string gcm_seal(const Key& key, std::string_view nonce, std::string_view associated, std::string_view plaintext);
/// The plaintext; nothing when the key is another or a bit has changed.
std::optional<std::string> gcm_open(const Key& key, std::string_view nonce, std::string_view associated,
                                    std::string_view sealed);

/// Nonce and sealed text in one string, with a random nonce: for values at rest.
std::string seal(const Key& key, std::string_view associated, std::string_view plaintext);
std::optional<std::string> unseal(const Key& key, std::string_view associated, std::string_view sealed);

/// An Ed25519 signing key (RFC 8032); `seed` is its 32 secret bytes.
std::string ed25519_sign(const Key& seed, std::string_view text);
std::string ed25519_public(const Key& seed);

}  // namespace chancery
