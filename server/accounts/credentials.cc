#include "accounts/credentials.h"

#include <openssl/evp.h>

#include <algorithm>

#include "base/bytes.h"

namespace chancery {
namespace {

constexpr std::size_t salt_size = 16;

const EVP_MD* digest_of(Hash hash) {
    switch (hash) {
        case Hash::sha1: return EVP_sha1();
        case Hash::sha256: return EVP_sha256();
        case Hash::sha512: return EVP_sha512();
    }
    std::abort();
}

std::size_t size_of(Hash hash) { return static_cast<std::size_t>(EVP_MD_get_size(digest_of(hash))); }

}  // namespace

ScramKeys derive_scram_keys(Hash hash, std::string_view password, std::string salt, int iterations) {
    auto salted = pbkdf2(hash, password, salt, iterations);  // Hi() of RFC 5802 §2.2
    auto keys = scram_keys_of(hash, salted, std::move(salt), iterations);
    OPENSSL_cleanse(salted.data(), salted.size());
    return keys;
}

ScramKeys scram_keys_of(Hash hash, std::string_view salted_password, std::string salt, int iterations) {
    auto client_key = hmac(hash, salted_password, "Client Key");  // the names are those of RFC 5802 §3
    ScramKeys keys{std::move(salt), iterations, chancery::hash(hash, client_key),
                   hmac(hash, salted_password, "Server Key")};
    OPENSSL_cleanse(client_key.data(), client_key.size());
    return keys;
}

std::size_t salted_password_size(Hash hash) { return size_of(hash); }
std::string new_salt() { return random_bytes(salt_size); }

bool is_right_proof(Hash hash, const ScramKeys& keys, std::string_view auth_message, std::string_view proof) {
    auto client_key =
        hmac(hash, keys.stored_key, auth_message);  // ClientSignature, until the proof is mixed in
    const bool has_size = proof.size() == client_key.size();
    for (std::size_t i = 0; has_size && i < proof.size(); ++i) client_key[i] ^= proof[i];
    return constant_time_equal(chancery::hash(hash, client_key), keys.stored_key) && has_size;
}

std::string server_signature(Hash hash, const ScramKeys& keys, std::string_view auth_message) {
    return hmac(hash, keys.server_key, auth_message);
}

Credentials Credentials::derive(std::string_view password, std::span<const Hash> hashes, int iterations) {
    Credentials credentials;
    for (const Hash hash : hashes)
        credentials.entries_.push_back(
            {hash, derive_scram_keys(hash, password, new_salt(), iterations)});
    return credentials;
}

// For each entry: hash (1 byte), iterations (4), salt size (1), salt, stored key, server key.
std::string Credentials::pack() const {
    std::string packed;
    for (const auto& [hash, keys] : entries_) {
        put(packed, static_cast<std::uint8_t>(hash));
        put(packed, static_cast<std::uint32_t>(keys.iterations));
        put(packed, static_cast<std::uint8_t>(keys.salt.size()));
        packed += keys.salt + keys.stored_key + keys.server_key;
    }
    return packed;
}

std::optional<Credentials> Credentials::unpack(std::string_view packed) {
    constexpr std::size_t head_size = 6;
    Credentials credentials;
    while (!packed.empty()) {
        if (packed.size() < head_size || packed[0] < 0 || packed[0] > static_cast<char>(Hash::sha512))
            return std::nullopt;
        const auto hash = static_cast<Hash>(packed[0]);
        const auto iterations = get<std::uint32_t>(packed.data() + 1);
        const std::size_t salt_length = get<std::uint8_t>(packed.data() + 5), key_size = size_of(hash);
        if (packed.size() < head_size + salt_length + 2 * key_size) return std::nullopt;
        packed.remove_prefix(head_size);
        const auto take = [&](std::size_t size) {
            const std::string bytes(packed.substr(0, size));
            packed.remove_prefix(size);
            return bytes;
        };
        auto salt = take(salt_length), stored = take(key_size), server = take(key_size);
        credentials.entries_.push_back(
            {hash, {std::move(salt), static_cast<int>(iterations), std::move(stored), std::move(server)}});
    }
    return credentials;
}

void Credentials::set(Hash hash, ScramKeys keys) {
    const auto found = std::ranges::find(entries_, hash, &Entry::hash);
    if (found == entries_.end()) entries_.push_back({hash, std::move(keys)});
    else found->keys = std::move(keys);
}

const ScramKeys* Credentials::find(Hash hash) const {
    const auto found = std::ranges::find(entries_, hash, &Entry::hash);
    return found == entries_.end() ? nullptr : &found->keys;
}

}  // namespace chancery
