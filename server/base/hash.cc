#include "base/hash.h"

#include <openssl/evp.h>

#include <cstdlib>
#include <memory>

namespace chancery {
namespace {

struct Free {
    void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
    void operator()(EVP_MD* digest) const { EVP_MD_free(digest); }
    void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
};

const unsigned char* data(std::string_view bytes) { return reinterpret_cast<const unsigned char*>(bytes.data()); }

}  // namespace

Digest sha256(std::initializer_list<std::string_view> parts) {
    // Fetching the algorithm costs more than hashing a record: once per thread is enough.
    thread_local const std::unique_ptr<EVP_MD, Free> algorithm(EVP_MD_fetch(nullptr, "SHA256", nullptr));
    thread_local const std::unique_ptr<EVP_MD_CTX, Free> context(EVP_MD_CTX_new());
    Digest digest;
    bool good = EVP_DigestInit_ex2(context.get(), algorithm.get(), nullptr) == 1;
    for (auto part : parts) good = good && EVP_DigestUpdate(context.get(), part.data(), part.size()) == 1;
    if (!good || EVP_DigestFinal_ex(context.get(), digest.data(), nullptr) != 1) std::abort();
    return digest;
}

bool ed25519_verify(std::string_view public_key, std::string_view text, std::string_view signature) {
    const std::unique_ptr<EVP_PKEY, Free> key(
        EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, nullptr, data(public_key), public_key.size()));
    const std::unique_ptr<EVP_MD_CTX, Free> context(EVP_MD_CTX_new());
    if (!key || EVP_DigestVerifyInit(context.get(), nullptr, nullptr, nullptr, key.get()) != 1) return false;
    return EVP_DigestVerify(context.get(), data(signature), signature.size(), data(text), text.size()) == 1;
}

}  // namespace chancery
