#include "xml/chars.h"

namespace chancery::xml {
namespace {

constexpr bool is_continuation(char c) { return (static_cast<unsigned char>(c) & 0xC0) == 0x80; }

// RFC 3629 §4: the second byte of a sequence may be narrower than 80..BF.
constexpr bool is_second_byte(unsigned char first, unsigned char second) {
    switch (first) {
        case 0xE0: return second >= 0xA0 && second <= 0xBF;
        case 0xED: return second >= 0x80 && second <= 0x9F;
        case 0xF0: return second >= 0x90 && second <= 0xBF;
        case 0xF4: return second >= 0x80 && second <= 0x8F;
        default: return second >= 0x80 && second <= 0xBF;
    }
}

constexpr int length_of(unsigned char first) {
    if (first < 0x80) return 1;
    if (first >= 0xC2 && first <= 0xDF) return 2;
    if (first >= 0xE0 && first <= 0xEF) return 3;
    if (first >= 0xF0 && first <= 0xF4) return 4;
    return -1;
}

}  // namespace

Character decode_utf8(const char* at, const char* end) {
    if (at == end) return {};
    const auto first = static_cast<unsigned char>(*at);
    const int size = length_of(first);
    if (size == 1) return {first, 1};
    if (size < 0) return {0, -1};
    if (end - at < 2) return {0, 0};
    if (!is_second_byte(first, static_cast<unsigned char>(at[1]))) return {0, -1};
    char32_t code = first & (0x7F >> size);
    for (int i = 1; i < size; ++i) {
        if (at + i == end) return {0, 0};
        if (!is_continuation(at[i])) return {0, -1};
        code = code << 6 | (static_cast<unsigned char>(at[i]) & 0x3F);
    }
    return {code, size};
}

void append_utf8(std::string& out, char32_t code) {
    if (code < 0x80) {
        out += static_cast<char>(code);
    } else if (code < 0x800) {
        out += {static_cast<char>(0xC0 | code >> 6), static_cast<char>(0x80 | (code & 0x3F))};
    } else if (code < 0x10000) {
        out += {static_cast<char>(0xE0 | code >> 12), static_cast<char>(0x80 | (code >> 6 & 0x3F)),
                static_cast<char>(0x80 | (code & 0x3F))};
    } else {
        out += {static_cast<char>(0xF0 | code >> 18), static_cast<char>(0x80 | (code >> 12 & 0x3F)),
                static_cast<char>(0x80 | (code >> 6 & 0x3F)), static_cast<char>(0x80 | (code & 0x3F))};
    }
}

bool is_ncname(std::string_view text) {
    const char* const end = text.data() + text.size();
    for (const char* at = text.data(); at != end;) {
        const auto [code, size] = decode_utf8(at, end);
        if (size <= 0 || !(at == text.data() ? is_name_start(code) : is_name_char(code))) return false;
        at += size;
    }
    return !text.empty();
}

}  // namespace chancery::xml
