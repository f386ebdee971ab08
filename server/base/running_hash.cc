#include "base/running_hash.h"

#include <openssl/evp.h>

#include "base/crypto.h"

namespace chancery {

RunningHash::RunningHash() : context_(EVP_MD_CTX_new()) {
    if (!context_ || EVP_DigestInit_ex(context_, EVP_sha256(), nullptr) != 1) throw CryptoError("OpenSSL failed: SHA-256");
}

RunningHash::~RunningHash() { EVP_MD_CTX_free(context_); }

void RunningHash::add(std::string_view bytes) {
    if (EVP_DigestUpdate(context_, bytes.data(), bytes.size()) != 1) throw CryptoError("OpenSSL failed: SHA-256");
}

Digest RunningHash::finish() {
    Digest digest;
    if (EVP_DigestFinal_ex(context_, digest.data(), nullptr) != 1) throw CryptoError("OpenSSL failed: SHA-256");
    return digest;
}

}  // namespace chancery
