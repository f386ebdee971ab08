// The characters of XML 1.0 in strict UTF-8, and fast ways over those that need no thought.
#pragma once
#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#if defined(__SSE2__)
#include <emmintrin.h>
#endif

namespace chancery::xml {

/// One character of UTF-8. `size` is 0 if the bytes end inside a character that is good so far, and -1 if
/// they are not UTF-8 (RFC 3629: no overlong forms, no surrogates, nothing above U+10FFFF).
struct Character {
    char32_t code = 0;
    int size = 0;
};
Character decode_utf8(const char* at, const char* end);
void append_utf8(std::string& out, char32_t code);

/// XML 1.0 §2.2 Char.
constexpr bool is_xml_char(char32_t c) {
    return c >= 0x20 ? c <= 0xD7FF || (c >= 0xE000 && c <= 0xFFFD) || (c >= 0x10000 && c <= 0x10FFFF)
                     : c == 0x9 || c == 0xA || c == 0xD;
}

/// What may begin a name, and what may be in one, without the colon (Namespaces in XML 1.0 §3): XML 1.0 (4th
/// edition) Appendix B, which is narrower than the 5th; name_chars.cc says why.
bool is_name_start(char32_t c);
bool is_name_char(char32_t c);

/// Whether the text is an NCName.
bool is_ncname(std::string_view text);

constexpr bool is_space(char c) { return c == ' ' || c == '\n' || c == '\t' || c == '\r'; }

inline constexpr auto ascii_name_chars = [] {
    std::array<bool, 256> table{};
    for (int c = 'a'; c <= 'z'; ++c) table[c] = table[c - 32] = true;
    for (int c = '0'; c <= '9'; ++c) table[c] = true;
    table['_'] = table['-'] = table['.'] = true;
    return table;
}();
constexpr bool is_ascii_name_char(char c) { return ascii_name_chars[static_cast<unsigned char>(c)]; }

constexpr bool is_ascii_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

inline const char* skip_space(const char* at, const char* end) {
    while (at != end && is_space(*at)) ++at;
    return at;
}

/// The first byte that is one of the three, a control character, or not ASCII; `end` if there is none.
template <char A, char B>
const char* skip_plain(const char* at, const char* end, char c) {
#if defined(__SSE2__)
    for (; end - at >= 16; at += 16) {
        const auto bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(at));
        auto found =
            _mm_cmplt_epi8(bytes, _mm_set1_epi8(0x20));  // signed: bytes of 0x80 and more are below too
        found = _mm_or_si128(found, _mm_cmpeq_epi8(bytes, _mm_set1_epi8(A)));
        found = _mm_or_si128(found, _mm_cmpeq_epi8(bytes, _mm_set1_epi8(B)));
        found = _mm_or_si128(found, _mm_cmpeq_epi8(bytes, _mm_set1_epi8(c)));
        if (const int mask = _mm_movemask_epi8(found)) return at + __builtin_ctz(static_cast<unsigned>(mask));
    }
#endif
    while (at != end && static_cast<signed char>(*at) >= 0x20 && *at != A && *at != B && *at != c) ++at;
    return at;
}

}  // namespace chancery::xml
