// SHA-256 and Ed25519 verification: the only code that the server and chancery-verify share.
#pragma once
#include <array>
#include <initializer_list>
#include <string>
#include <string_view>

namespace chancery {

using Digest = std::array<unsigned char, 32>;

/// SHA-256 over the parts, one after the other.
Digest sha256(std::initializer_list<std::string_view> parts);
inline Digest sha256(std::string_view bytes) { return sha256({bytes}); }

inline std::string_view view(const Digest& digest) {
    return {reinterpret_cast<const char*>(digest.data()), digest.size()};
}

/// Whether `signature` (64 bytes) is the Ed25519 signature (RFC 8032) of `text` by `public_key` (32 bytes, raw).
bool ed25519_verify(std::string_view public_key, std::string_view text, std::string_view signature);

}  // namespace chancery
