// The steps of PRECIS profiles that change a text (RFC 8264 §5.2).
#include <unicode/uchar.h>
#include <unicode/unorm2.h>
#include <unicode/ustring.h>
#include <unicode/utf16.h>

#include "xmpp/precis_class.h"

namespace chancery::precis {
namespace {

int32_t size_of(std::u16string_view text) { return static_cast<int32_t>(text.size()); }

/// Applies `map(c, out)` to every code point.
template <class Map>
std::u16string mapped(std::u16string_view text, Map map) {
    std::u16string out;
    out.reserve(text.size());
    for (std::size_t i = 0; i < text.size();) {
        const auto start = i;
        UChar32 c;
        U16_NEXT(text.data(), i, text.size(), c);
        map(c, text.substr(start, i - start), out);
    }
    return out;
}

std::u16string normalized(const UNormalizer2* normalizer, std::u16string_view text, std::size_t largest_expansion) {
    UErrorCode status = U_ZERO_ERROR;
    std::u16string out(text.size() * largest_expansion, u'\0');
    const auto size = unorm2_normalize(normalizer, text.data(), size_of(text), out.data(), size_of(out), &status);
    out.resize(static_cast<std::size_t>(size));
    return out;
}

}  // namespace

std::optional<std::u16string> from_utf8(std::string_view bytes) {
    std::u16string text(bytes.size(), u'\0');  // never more units than bytes
    int32_t size = 0;
    UErrorCode status = U_ZERO_ERROR;
    u_strFromUTF8(text.data(), size_of(text), &size, bytes.data(), static_cast<int32_t>(bytes.size()),
                  &status);
    if (U_FAILURE(status)) return std::nullopt;
    text.resize(static_cast<std::size_t>(size));
    return text;
}

std::string to_utf8(std::u16string_view text) {
    std::string bytes(text.size() * 3, '\0');  // never more for a unit
    int32_t size = 0;
    UErrorCode status = U_ZERO_ERROR;
    u_strToUTF8(bytes.data(), static_cast<int32_t>(bytes.size()), &size, text.data(), size_of(text), &status);
    bytes.resize(static_cast<std::size_t>(size));
    return bytes;
}

std::u16string width_mapped(std::u16string_view text) {
    UErrorCode status = U_ZERO_ERROR;
    const UNormalizer2* nfkc = unorm2_getNFKCInstance(&status);
    return mapped(text, [&](UChar32 c, std::u16string_view units, std::u16string& out) {
        const int type = u_getIntPropertyValue(c, UCHAR_DECOMPOSITION_TYPE);
        UChar wider[32];
        if (type != U_DT_WIDE && type != U_DT_NARROW)
            out += units;
        else
            out.append(wider,
                       static_cast<std::size_t>(unorm2_getRawDecomposition(nfkc, c, wider, 32, &status)));
    });
}

std::u16string lower_case(std::u16string_view text) {
    std::u16string out(text.size() * 3, u'\0');  // SpecialCasing has no longer expansion
    UErrorCode status = U_ZERO_ERROR;
    const auto size = u_strToLower(out.data(), size_of(out), text.data(), size_of(text), "", &status);
    out.resize(static_cast<std::size_t>(size));
    return out;
}

std::u16string nfc(std::u16string_view text) {
    constexpr std::size_t largest_expansion = 3;  // UAX #15 §9
    UErrorCode status = U_ZERO_ERROR;
    return normalized(unorm2_getNFCInstance(&status), text, largest_expansion);
}

std::u16string nfkc(std::u16string_view text) {
    constexpr std::size_t largest_expansion = 18;
    UErrorCode status = U_ZERO_ERROR;
    return normalized(unorm2_getNFKCInstance(&status), text, largest_expansion);
}

std::u16string spaces_mapped(std::u16string_view text) {
    return mapped(text, [](UChar32 c, std::u16string_view units, std::u16string& out) {
        if (u_charType(c) == U_SPACE_SEPARATOR)
            out += u' ';
        else
            out += units;
    });
}

std::u16string spaces_trimmed(std::u16string_view text) {
    std::u16string out;
    for (const auto c : text)
        if (c != u' ' || (!out.empty() && out.back() != u' ')) out += c;
    if (out.ends_with(u' ')) out.pop_back();
    return out;
}

}  // namespace chancery::precis
