// AES-256 of single blocks under one key, for keyed hashes of short texts. One thread at a time.
//
// Surprising: single blocks in ECB mode are right here, because what is hashed is never told apart by its blocks
// (mac() chains them), and a whole HMAC costs ten times as much.
#pragma once
#include <openssl/evp.h>

#include <array>
#include <cstdint>
#include <memory>
#include <string_view>

#include "base/secret.h"

namespace chancery::archive {

class BlockCipher {
  public:
    using Block = std::array<char, 16>;

    /// @throws CryptoError
    explicit BlockCipher(const Key& key);

    Block encrypt(const Block& block);
    /// CBC-MAC of the text behind its length (ISO/IEC 9797-1, padding method 3), first 8 bytes.
    std::uint64_t mac(std::string_view text);

  private:
    struct Free {
        void operator()(EVP_CIPHER_CTX* context) const { EVP_CIPHER_CTX_free(context); }
    };
    std::unique_ptr<EVP_CIPHER_CTX, Free> context_;
};

}  // namespace chancery::archive
