#include "base/gcm_key.h"

#include <openssl/evp.h>

#include <array>

#include "base/crypto.h"

namespace chancery {
namespace {

constexpr std::uint8_t uses_without_context = 2;

const unsigned char* data(std::string_view bytes) {
    return reinterpret_cast<const unsigned char*>(bytes.data());
}

EVP_CIPHER_CTX* prepare(const Key& key) {
    // Fetched once and kept: a fetch costs more than all that follows.
    static EVP_CIPHER* const algorithm = EVP_CIPHER_fetch(nullptr, "AES-256-GCM", nullptr);
    auto* context = EVP_CIPHER_CTX_new();
    if (!context || EVP_EncryptInit_ex2(context, algorithm, data(key.reveal()), nullptr, nullptr) != 1)
        throw CryptoError("OpenSSL failed: AES-256-GCM key");
    return context;
}

}  // namespace

GcmKey::~GcmKey() { EVP_CIPHER_CTX_free(context_); }

/// Whether the prepared context is the caller's now, until they clear `taken_`.
bool GcmKey::take() const {
    if (taken_.test_and_set(std::memory_order_acquire)) return false;
    if (!context_ && uses_ == uses_without_context) context_ = prepare(key_);
    if (context_) return true;
    ++uses_;
    taken_.clear(std::memory_order_release);
    return false;
}

void GcmKey::seal(std::string_view nonce, std::string_view associated, std::string_view plaintext,
                  char* out) {
    if (!take()) {
        gcm_seal(key_, nonce, associated, plaintext).copy(out, std::string::npos);
        return;
    }
    auto* to = reinterpret_cast<unsigned char*>(out);
    int length = 0;
    const bool good =
        EVP_EncryptInit_ex2(context_, nullptr, nullptr, data(nonce), nullptr) == 1 &&
        EVP_EncryptUpdate(context_, nullptr, &length, data(associated), int(associated.size())) == 1 &&
        EVP_EncryptUpdate(context_, to, &length, data(plaintext), int(plaintext.size())) == 1 &&
        EVP_EncryptFinal_ex(context_, to + length, &length) == 1 &&
        EVP_CIPHER_CTX_ctrl(context_, EVP_CTRL_AEAD_GET_TAG, tag_size, to + plaintext.size()) == 1;
    taken_.clear(std::memory_order_release);
    if (!good) throw CryptoError("OpenSSL failed: AES-256-GCM");
}

std::optional<std::string> GcmKey::open(std::string_view nonce, std::string_view associated,
                                        std::string_view sealed) const {
    if (sealed.size() < tag_size || nonce.size() != nonce_size) return std::nullopt;
    if (!take()) return gcm_open(key_, nonce, associated, sealed);
    const auto ciphertext = sealed.substr(0, sealed.size() - tag_size);
    std::array<char, tag_size> tag;
    sealed.copy(tag.data(), tag.size(), ciphertext.size());
    bool good = false, intact = false;
    const auto decrypt = [&](char* out, std::size_t) {  // libstdc++ 12 may name a larger size than it was asked for
        auto* to = reinterpret_cast<unsigned char*>(out);
        int length = 0;
        good = EVP_DecryptInit_ex2(context_, nullptr, nullptr, data(nonce), nullptr) == 1 &&
               EVP_DecryptUpdate(context_, nullptr, &length, data(associated), int(associated.size())) == 1 &&
               EVP_DecryptUpdate(context_, to, &length, data(ciphertext), int(ciphertext.size())) == 1 &&
               EVP_CIPHER_CTX_ctrl(context_, EVP_CTRL_AEAD_SET_TAG, tag_size, tag.data()) == 1;
        intact = good && EVP_DecryptFinal_ex(context_, to + length, &length) == 1;
        return intact ? ciphertext.size() : 0;
    };
    std::string plaintext;
    plaintext.resize_and_overwrite(ciphertext.size(), decrypt);
    taken_.clear(std::memory_order_release);
    if (!good) throw CryptoError("OpenSSL failed: AES-256-GCM");
    return intact ? std::optional(std::move(plaintext)) : std::nullopt;
}

}  // namespace chancery
