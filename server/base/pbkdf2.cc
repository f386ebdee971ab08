// PBKDF2 (RFC 8018 §5.2) with HMAC (RFC 2104), the derivation that an import of thousands of people waits for.
//
// The hash states after the key's two blocks are computed once and copied for each round: two compressions a round, which
// is all that RFC 2104 asks for. OpenSSL's PBKDF2 and copies of EVP_MD_CTX do the same sums and allocate, fetch and free
// contexts in every round: with SHA extensions 2.1 and 1.3 ms for 4,096 rounds of SHA-256 beside 0.54 ms here. EVP has no
// state that could be copied without that, hence the low-level functions. They are outside of a FIPS provider, so where
// OpenSSL's configuration asks for approved algorithms (default_properties = fips=yes) its own PBKDF2 is used.

#define OPENSSL_SUPPRESS_DEPRECATED
#include <openssl/evp.h>
#include <openssl/sha.h>

#include <algorithm>

#include "base/crypto.h"

namespace chancery {
namespace {

template <class State, int (*start)(State*), int (*update)(State*, const void*, std::size_t),
          int (*finish)(unsigned char*, State*), std::size_t block_size, std::size_t digest_size>
class Derivation {
  public:
    explicit Derivation(std::string_view password) {
        if (password.size() > block_size) {
            start(&work_);
            update(&work_, password.data(), password.size());
            finish(block_, &work_);
        } else {
            std::copy(password.begin(), password.end(), block_);
        }
        for (auto& byte : block_) byte ^= 0x36;
        start(&inner_);
        update(&inner_, block_, block_size);
        for (auto& byte : block_) byte ^= 0x36 ^ 0x5C;
        start(&outer_);
        update(&outer_, block_, block_size);
    }
    ~Derivation() { OPENSSL_cleanse(this, sizeof *this); }
    Derivation(const Derivation&) = delete;

    std::string run(std::string_view salt, int iterations) {
        const auto first = std::string(salt) + std::string("\0\0\0\1", 4);
        mac(first.data(), first.size());
        std::copy_n(round_, digest_size, sum_);
        for (int i = 1; i < iterations; ++i) {
            mac(round_, digest_size);
            for (std::size_t at = 0; at < digest_size; ++at) sum_[at] ^= round_[at];
        }
        return {reinterpret_cast<const char*>(sum_), digest_size};
    }

  private:
    /// HMAC of the bytes into `round_`, which they may be.
    void mac(const void* bytes, std::size_t size) {
        work_ = inner_;
        update(&work_, bytes, size);
        finish(round_, &work_);
        work_ = outer_;
        update(&work_, round_, digest_size);
        finish(round_, &work_);
    }

    State inner_, outer_, work_;
    unsigned char block_[block_size]{}, round_[digest_size], sum_[digest_size];
};

using Sha1 = Derivation<SHA_CTX, SHA1_Init, SHA1_Update, SHA1_Final, SHA_CBLOCK, SHA_DIGEST_LENGTH>;
using Sha256 = Derivation<SHA256_CTX, SHA256_Init, SHA256_Update, SHA256_Final, SHA256_CBLOCK, SHA256_DIGEST_LENGTH>;
using Sha512 = Derivation<SHA512_CTX, SHA512_Init, SHA512_Update, SHA512_Final, SHA512_CBLOCK, SHA512_DIGEST_LENGTH>;

std::string derive_by_provider(Hash hash, std::string_view password, std::string_view salt, int iterations) {
    const auto* algorithm = hash == Hash::sha1 ? EVP_sha1() : hash == Hash::sha256 ? EVP_sha256() : EVP_sha512();
    std::string key(static_cast<std::size_t>(EVP_MD_get_size(algorithm)), '\0');
    if (PKCS5_PBKDF2_HMAC(password.data(), static_cast<int>(password.size()),
                          reinterpret_cast<const unsigned char*>(salt.data()), static_cast<int>(salt.size()), iterations,
                          algorithm, static_cast<int>(key.size()), reinterpret_cast<unsigned char*>(key.data())) != 1)
        throw CryptoError("OpenSSL failed: PBKDF2");
    return key;
}

}  // namespace

std::string pbkdf2(Hash algorithm, std::string_view password, std::string_view salt, int iterations) {
    if (EVP_default_properties_is_fips_enabled(nullptr) == 1) return derive_by_provider(algorithm, password, salt, iterations);
    switch (algorithm) {
        case Hash::sha1: return Sha1(password).run(salt, iterations);
        case Hash::sha256: return Sha256(password).run(salt, iterations);
        case Hash::sha512: return Sha512(password).run(salt, iterations);
    }
    std::abort();
}

}  // namespace chancery
