// Bytes as std::string / std::string_view, and their text forms. Integers in files are little-endian.
#pragma once
#include <cstdint>
#include <cstring>
#include <optional>
#include <string>
#include <string_view>

namespace chancery {

std::string to_hex(std::string_view bytes);
std::optional<std::string> from_hex(std::string_view text);

/// RFC 4648 §4 with padding. Decoding is strict: no white space, padding required, no stray bits.
std::string to_base64(std::string_view bytes);
std::optional<std::string> from_base64(std::string_view text);

static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "file formats are written as the machine lays them out");

template <class Integer>
void put(std::string& out, Integer value) {
    out.append(reinterpret_cast<const char*>(&value), sizeof value);
}

/// Reads an integer at `bytes`, which need not be aligned. The caller has checked that it is there.
template <class Integer>
Integer get(const char* bytes) {
    Integer value;
    std::memcpy(&value, bytes, sizeof value);
    return value;
}

}  // namespace chancery
