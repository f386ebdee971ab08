// SHA-256 (FIPS 180-4) of bytes that come in pieces.
#pragma once
#include <openssl/types.h>

#include <string_view>

#include "base/hash.h"

namespace chancery {

class RunningHash {
  public:
    RunningHash();
    ~RunningHash();
    RunningHash(const RunningHash&) = delete;

    void add(std::string_view bytes);
    /// Of all that was added; once.
    Digest finish();

  private:
    EVP_MD_CTX* context_;
};

}  // namespace chancery
