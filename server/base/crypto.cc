#include "base/crypto.h"

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/kdf.h>
#include <openssl/rand.h>

#include <memory>

namespace chancery {
namespace {

struct Free {
    void operator()(EVP_CIPHER_CTX* context) const { EVP_CIPHER_CTX_free(context); }
    void operator()(EVP_CIPHER* cipher) const { EVP_CIPHER_free(cipher); }
    void operator()(EVP_MAC* mac) const { EVP_MAC_free(mac); }
    void operator()(EVP_MAC_CTX* context) const { EVP_MAC_CTX_free(context); }
    void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
    void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
    void operator()(EVP_PKEY_CTX* context) const { EVP_PKEY_CTX_free(context); }
};

const unsigned char* data(std::string_view bytes) { return reinterpret_cast<const unsigned char*>(bytes.data()); }
unsigned char* data(std::string& bytes) { return reinterpret_cast<unsigned char*>(bytes.data()); }

void require(bool good, const char* what) {
    if (!good) throw CryptoError(std::string("OpenSSL failed: ") + what);
}

/// Fetched once: EVP_sha256() and its like are fetched again in every use, which costs more than hashing a short text.
const EVP_MD* algorithm_of(Hash algorithm) {
    static const std::array<const EVP_MD*, 3> fetched{EVP_MD_fetch(nullptr, "SHA1", nullptr), EVP_MD_fetch(nullptr, "SHA256", nullptr),
                                                      EVP_MD_fetch(nullptr, "SHA512", nullptr)};
    const auto* found = fetched.at(static_cast<std::size_t>(algorithm));
    require(found, "EVP_MD_fetch");
    return found;
}

/// As with Gcm; the digest is set in it.
EVP_MAC_CTX* hmac_context(Hash algorithm) {
    thread_local std::array<std::unique_ptr<EVP_MAC_CTX, Free>, 3> contexts;
    auto& context = contexts.at(static_cast<std::size_t>(algorithm));
    if (context) return context.get();
    const std::unique_ptr<EVP_MAC, Free> fetched{EVP_MAC_fetch(nullptr, "HMAC", nullptr)};
    std::unique_ptr<EVP_MAC_CTX, Free> made{EVP_MAC_CTX_new(fetched.get())};
    OSSL_PARAM parameters[] = {OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST,
                                                                const_cast<char*>(EVP_MD_get0_name(algorithm_of(algorithm))), 0),
                               OSSL_PARAM_construct_end()};
    require(made && EVP_MAC_CTX_set_params(made.get(), parameters) == 1, "HMAC");
    context = std::move(made);
    return context.get();
}

/// One fetched cipher and one context per thread: setting a key in them is the cheap part.
struct Gcm {
    std::unique_ptr<EVP_CIPHER, Free> cipher{EVP_CIPHER_fetch(nullptr, "AES-256-GCM", nullptr)};
    std::unique_ptr<EVP_CIPHER_CTX, Free> context{EVP_CIPHER_CTX_new()};
};

Gcm& gcm() {
    thread_local Gcm instance;
    return instance;
}

}  // namespace

void fill_random(char* bytes, std::size_t size) {
    require(RAND_bytes(reinterpret_cast<unsigned char*>(bytes), static_cast<int>(size)) == 1, "RAND_bytes");
}

std::string random_bytes(std::size_t size) {
    std::string bytes(size, '\0');
    fill_random(bytes.data(), size);
    return bytes;
}

Key Key::random() { return Key(random_bytes(size)); }

std::string random_password(std::size_t length) {
    constexpr std::string_view alphabet = "abcdefghijkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789";
    std::string password;
    while (password.size() < length) {
        const auto byte = static_cast<unsigned char>(random_bytes(1)[0]);
        if (byte < 256 / alphabet.size() * alphabet.size()) password += alphabet[byte % alphabet.size()];
    }
    return password;
}

std::string hash(Hash algorithm, std::string_view bytes) {
    std::string digest(EVP_MD_get_size(algorithm_of(algorithm)), '\0');
    require(EVP_Digest(bytes.data(), bytes.size(), data(digest), nullptr, algorithm_of(algorithm), nullptr) == 1,
            "EVP_Digest");
    return digest;
}

std::string hmac(Hash algorithm, std::string_view key, std::string_view bytes) {
    auto* context = hmac_context(algorithm);
    const auto* secret = data(key.empty() ? std::string_view("") : key);  // null would mean the key before
    std::string mac(EVP_MD_get_size(algorithm_of(algorithm)), '\0');
    std::size_t length = 0;
    require(EVP_MAC_init(context, secret, key.size(), nullptr) == 1 &&
                EVP_MAC_update(context, data(bytes), bytes.size()) == 1 &&
                EVP_MAC_final(context, data(mac), &length, mac.size()) == 1, "HMAC");
    return mac;
}

Key derive_key(const Key& master, std::string_view purpose) {
    const std::unique_ptr<EVP_PKEY_CTX, Free> context(EVP_PKEY_CTX_new_id(EVP_PKEY_HKDF, nullptr));
    std::string derived(Key::size, '\0');
    std::size_t length = derived.size();
    require(context && EVP_PKEY_derive_init(context.get()) == 1 &&
                EVP_PKEY_CTX_set_hkdf_md(context.get(), EVP_sha256()) == 1 &&
                EVP_PKEY_CTX_set1_hkdf_key(context.get(), data(master.reveal()), Key::size) == 1 &&
                EVP_PKEY_CTX_add1_hkdf_info(context.get(), data(purpose), static_cast<int>(purpose.size())) == 1 &&
                EVP_PKEY_derive(context.get(), data(derived), &length) == 1, "HKDF");
    Key key(derived);
    OPENSSL_cleanse(derived.data(), derived.size());
    return key;
}

bool constant_time_equal(std::string_view a, std::string_view b) {
    return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

std::string gcm_seal(const Key& key, std::string_view nonce, std::string_view associated, std::string_view plaintext) {
    auto& [cipher, context] = gcm();
    std::string sealed(plaintext.size() + tag_size, '\0');
    int length = 0;
    bool good = EVP_EncryptInit_ex2(context.get(), cipher.get(), data(key.reveal()), data(nonce), nullptr) == 1;
    if (!associated.empty())
        good = good && EVP_EncryptUpdate(context.get(), nullptr, &length, data(associated), int(associated.size())) == 1;
    good = good && EVP_EncryptUpdate(context.get(), data(sealed), &length, data(plaintext), int(plaintext.size())) == 1 &&
           EVP_EncryptFinal_ex(context.get(), data(sealed) + length, &length) == 1 &&
           EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_AEAD_GET_TAG, tag_size, sealed.data() + plaintext.size()) == 1;
    require(good, "AES-256-GCM");
    return sealed;
}

std::optional<std::string> gcm_open(const Key& key, std::string_view nonce, std::string_view associated,
                                    std::string_view sealed) {
    if (sealed.size() < tag_size || nonce.size() != nonce_size) return std::nullopt;
    auto& [cipher, context] = gcm();
    const auto ciphertext = sealed.substr(0, sealed.size() - tag_size);
    std::string plaintext(ciphertext.size(), '\0');
    std::string tag(sealed.substr(ciphertext.size()));
    int length = 0;
    bool good = EVP_DecryptInit_ex2(context.get(), cipher.get(), data(key.reveal()), data(nonce), nullptr) == 1;
    if (!associated.empty())
        good = good && EVP_DecryptUpdate(context.get(), nullptr, &length, data(associated), int(associated.size())) == 1;
    good = good && EVP_DecryptUpdate(context.get(), data(plaintext), &length, data(ciphertext), int(ciphertext.size())) == 1 &&
           EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_AEAD_SET_TAG, tag_size, tag.data()) == 1;
    require(good, "AES-256-GCM");
    if (EVP_DecryptFinal_ex(context.get(), data(plaintext) + length, &length) != 1) return std::nullopt;
    return plaintext;
}

std::string seal(const Key& key, std::string_view associated, std::string_view plaintext) {
    auto sealed = random_bytes(nonce_size);
    sealed += gcm_seal(key, sealed, associated, plaintext);
    return sealed;
}

std::optional<std::string> unseal(const Key& key, std::string_view associated, std::string_view sealed) {
    if (sealed.size() < nonce_size + tag_size) return std::nullopt;
    return gcm_open(key, sealed.substr(0, nonce_size), associated, sealed.substr(nonce_size));
}

static std::unique_ptr<EVP_PKEY, Free> signing_key(const Key& seed) {
    std::unique_ptr<EVP_PKEY, Free> key(
        EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, nullptr, data(seed.reveal()), Key::size));
    require(key != nullptr, "Ed25519 key");
    return key;
}

std::string ed25519_sign(const Key& seed, std::string_view text) {
    const auto key = signing_key(seed);
    const std::unique_ptr<EVP_MD_CTX, Free> context(EVP_MD_CTX_new());
    std::string signature(64, '\0');
    std::size_t length = signature.size();
    require(EVP_DigestSignInit(context.get(), nullptr, nullptr, nullptr, key.get()) == 1 &&
                EVP_DigestSign(context.get(), data(signature), &length, data(text), text.size()) == 1, "Ed25519");
    return signature;
}

std::string ed25519_public(const Key& seed) {
    const auto key = signing_key(seed);
    std::string bytes(32, '\0');
    std::size_t length = bytes.size();
    require(EVP_PKEY_get_raw_public_key(key.get(), data(bytes), &length) == 1, "Ed25519 public key");
    return bytes;
}

}  // namespace chancery
