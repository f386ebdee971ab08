// One direction of a TLS 1.3 connection: what its records are sealed or opened with (RFC 8446 §5.2, §5.3, §7.2, §7.3).
//
// All cryptography is OpenSSL's EVP. A key has no cipher of its own: the thread's ciphers are given the key of whoever
// sends or receives next, which costs a quarter of a microsecond and saves every idle connection two KiB. Concurrency.
// On any thread, one at a time.
#pragma once
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/secret.h"

namespace chancery::net {

/// What TLS 1.3 calls a cipher suite, of those we speak.
enum class Suite : std::uint8_t { aes_128_gcm_sha256, aes_256_gcm_sha384, chacha20_poly1305_sha256 };

/// By its number in RFC 8446 §B.4; nothing for any other.
std::optional<Suite> suite_of(std::uint16_t number);
/// Bytes of its hash, and so of its traffic secrets.
std::size_t secret_size(Suite suite);

/// RFC 8446 §B.1. Anything else on the wire is an error.
enum class ContentType : std::uint8_t { change_cipher_spec = 20, alert = 21, handshake = 22, application_data = 23 };

class TrafficKey {
  public:
    static constexpr std::size_t header_size = 5, tag_size = 16;
    /// Of the plaintext in a record (RFC 8446 §5.1), and what its protection may add (§5.2).
    static constexpr std::size_t largest_plaintext = 1 << 14, largest_ciphertext = largest_plaintext + 256;

    /// `secret`: of secret_size(suite) bytes, client_ or server_application_traffic_secret_N. `sequence`: how many records it
    /// has protected already.
    /// @throws CryptoError, here and below, when OpenSSL fails.
    TrafficKey(Suite suite, std::string_view secret, std::uint64_t sequence);
    ~TrafficKey();
    TrafficKey(const TrafficKey&) = delete;
    TrafficKey& operator=(const TrafficKey&) = delete;

    /// Appends the record of `content`, at most largest_plaintext bytes, to `out`.
    void seal(ContentType type, std::string_view content, std::string& out);

    /// Opens one record, header included, into `out`, which has room for all but header and tag: the size of what it protects, with the content's
    /// type and padding at its end. Nothing when a bit has changed.
    std::optional<std::size_t> open(std::string_view record, char* out);

    /// Replaces the key by that of the next generation (§7.2).
    void update();

    /// Records protected under this generation.
    std::uint64_t sequence() const { return sequence_; }

  private:
    static constexpr std::size_t nonce_size = 12, largest_secret = 48;

    void derive();
    std::string_view secret() const { return {secret_.data(), secret_size(suite_)}; }
    std::array<unsigned char, nonce_size> next_nonce();

    Suite suite_;
    std::array<char, largest_secret> secret_{};
    std::array<char, Key::size> key_{};
    std::array<char, nonce_size> iv_{};
    std::uint64_t sequence_;
};

}  // namespace chancery::net
