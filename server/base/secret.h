// Bytes that are wiped when they go, and that no log line can print by accident.
#pragma once
#include <openssl/crypto.h>

#include <array>
#include <string>
#include <string_view>

namespace chancery {

/// A 256-bit key.
class Key {
  public:
    static constexpr std::size_t size = 32;
    Key() : bytes_{} {}
    /// `bytes` must be 32 long; the rest of a longer text is not used, a shorter one is padded with zeros.
    explicit Key(std::string_view bytes) : bytes_{} { bytes.copy(bytes_.data(), size); }
    Key(const Key&) = default;
    Key& operator=(const Key&) = default;
    ~Key() { OPENSSL_cleanse(bytes_.data(), size); }

    static Key random();
    std::string_view reveal() const { return {bytes_.data(), size}; }

  private:
    std::array<char, size> bytes_;
};

/// A password or token of any length.
class Secret {
  public:
    Secret() = default;
    explicit Secret(std::string text) : text_(std::move(text)) {}
    Secret(const Secret&) = default;
    Secret(Secret&&) = default;
    Secret& operator=(const Secret&) = default;
    Secret& operator=(Secret&&) = default;
    ~Secret() { OPENSSL_cleanse(text_.data(), text_.size()); }

    std::string_view reveal() const { return text_; }

  private:
    std::string text_;
};

}  // namespace chancery
