// Numbers in as few bytes as they need: seven bits a byte, lowest first, the last byte below 128.
#pragma once
#include <cstddef>
#include <cstdint>
#include <string>

namespace chancery::archive {

inline constexpr std::size_t largest_varint = 10;

/// Behind what is there; where the next one goes.
inline char* put_varint(char* out, std::uint64_t value) {
    for (; value >= 128; value >>= 7) *out++ = static_cast<char>(value | 128);
    *out++ = static_cast<char>(value);
    return out;
}

inline void put_varint(std::string& out, std::uint64_t value) {
    while (value >= 128) {
        out += static_cast<char>(value | 128);
        value >>= 7;
    }
    out += static_cast<char>(value);
}

/// Reads at `at` and moves it on; false when the bytes end within the number.
inline bool get_varint(const char*& at, const char* end, std::uint64_t& value) {
    value = 0;
    for (int shift = 0; at != end && shift < 64; shift += 7) {
        const auto byte = static_cast<unsigned char>(*at++);
        value |= static_cast<std::uint64_t>(byte & 127) << shift;
        if (byte < 128) return true;
    }
    return false;
}

}  // namespace chancery::archive
