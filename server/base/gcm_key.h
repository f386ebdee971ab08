// One AES-256-GCM key whose schedule is worked out once: for keys that seal many small things.
//
// Used on every thread. Setting up a key costs four times as much as sealing a chat message, so from its third use on
// the prepared context is kept with the key; who finds it taken by another thread uses a context of its own. Not before:
// a context has 1.1 KiB, and under many keys, as that of each who enters a large room, one record is sealed, and read
// once by the indexer.
#pragma once
#include <openssl/types.h>

#include <atomic>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/secret.h"

namespace chancery {

class GcmKey {
  public:
    explicit GcmKey(const Key& key) : key_(key) {}
    ~GcmKey();
    GcmKey(const GcmKey&) = delete;
    GcmKey& operator=(const GcmKey&) = delete;

    /// Writes plaintext.size() + tag_size bytes at `out`. `nonce` (12 bytes) is used once per key.
    void seal(std::string_view nonce, std::string_view associated, std::string_view plaintext, char* out);

    /// The plaintext; nothing when a bit has changed.
    std::optional<std::string> open(std::string_view nonce, std::string_view associated,
                                    std::string_view sealed) const;

    const Key& key() const { return key_; }

  private:
    bool take() const;

    Key key_;
    mutable EVP_CIPHER_CTX* context_ = nullptr;  // who has taken it may make it
    mutable std::uint8_t uses_ = 0;              // before it was made
    mutable std::atomic_flag taken_;
};

}  // namespace chancery
