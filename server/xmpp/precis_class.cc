#include "xmpp/precis_class.h"

#include <unicode/uchar.h>
#include <unicode/unorm2.h>
#include <unicode/uscript.h>
#include <unicode/utf16.h>

namespace chancery::precis {
namespace {

enum class Validity { always, freeform_only, in_context, never };

int property(UChar32 c, UProperty which) { return u_getIntPropertyValue(c, which); }
bool is_between(UChar32 c, UChar32 first, UChar32 last) { return first <= c && c <= last; }
bool is_arabic_indic_digit(UChar32 c) { return is_between(c, 0x660, 0x669); }
bool is_extended_arabic_indic_digit(UChar32 c) { return is_between(c, 0x6F0, 0x6F9); }

// RFC 5892 §2.6, which RFC 8264 §9.6 adopts.
std::optional<Validity> exception(UChar32 c) {
    if (is_arabic_indic_digit(c) || is_extended_arabic_indic_digit(c)) return Validity::in_context;
    switch (c) {
        case 0xDF:
        case 0x3C2:
        case 0x6FD:
        case 0x6FE:
        case 0xF0B:
        case 0x3007: return Validity::always;
        case 0xB7:
        case 0x375:
        case 0x5F3:
        case 0x5F4:
        case 0x30FB: return Validity::in_context;
        case 0x640:
        case 0x7FA:
        case 0x302E:
        case 0x302F:
        case 0x3031:
        case 0x3032:
        case 0x3033:
        case 0x3034:
        case 0x3035:
        case 0x303B: return Validity::never;
    }
    return std::nullopt;
}

bool has_compatibility_form(UChar32 c) {
    UErrorCode status = U_ZERO_ERROR;
    const UNormalizer2* nfkc = unorm2_getNFKCInstance(&status);
    UChar unit[2];
    int32_t size = 0;
    U16_APPEND_UNSAFE(unit, size, c);
    return !unorm2_isNormalized(nfkc, unit, size, &status);
}

bool is_old_hangul_jamo(UChar32 c) {
    const int type = property(c, UCHAR_HANGUL_SYLLABLE_TYPE);
    return type == U_HST_LEADING_JAMO || type == U_HST_VOWEL_JAMO || type == U_HST_TRAILING_JAMO;
}

bool is_noncharacter(UChar32 c) { return u_hasBinaryProperty(c, UCHAR_NONCHARACTER_CODE_POINT); }

Validity by_category(UChar32 c) {
    const auto mask = U_MASK(u_charType(c));
    constexpr auto letters_and_digits = U_GC_LL_MASK | U_GC_LU_MASK | U_GC_LO_MASK | U_GC_ND_MASK |
                                        U_GC_LM_MASK | U_GC_MN_MASK | U_GC_MC_MASK;
    constexpr auto others =
        U_GC_LT_MASK | U_GC_NL_MASK | U_GC_NO_MASK | U_GC_ME_MASK | U_GC_ZS_MASK | U_GC_S_MASK | U_GC_P_MASK;
    if (mask & letters_and_digits) return Validity::always;
    if (mask & others) return Validity::freeform_only;
    return Validity::never;
}

// RFC 8264 §8: the order of the lines is the algorithm.
Validity validity(UChar32 c) {
    if (const auto exceptional = exception(c)) return *exceptional;
    if (u_charType(c) == U_UNASSIGNED) return Validity::never;  // unassigned code points and noncharacters
    if (is_between(c, 0x21, 0x7E)) return Validity::always;
    if (u_hasBinaryProperty(c, UCHAR_JOIN_CONTROL)) return Validity::in_context;
    if (is_old_hangul_jamo(c)) return Validity::never;
    if (u_hasBinaryProperty(c, UCHAR_DEFAULT_IGNORABLE_CODE_POINT) || is_noncharacter(c))
        return Validity::never;
    if (u_charType(c) == U_CONTROL_CHAR) return Validity::never;
    if (has_compatibility_form(c)) return Validity::freeform_only;
    return by_category(c);
}

UScriptCode script(UChar32 c) {
    UErrorCode status = U_ZERO_ERROR;
    return uscript_getScript(c, &status);
}

constexpr int virama = 9;  // canonical combining class

/// RFC 5892 A.1, the part with joining types: (L|D) T* ZWNJ T* (R|D).
bool joins_both_sides(std::u32string_view text, std::size_t at) {
    const auto joining = [&](std::size_t i) {
        return property(static_cast<UChar32>(text[i]), UCHAR_JOINING_TYPE);
    };
    auto before = at, after = at + 1;
    while (before > 0 && joining(before - 1) == U_JT_TRANSPARENT) --before;
    while (after < text.size() && joining(after) == U_JT_TRANSPARENT) ++after;
    if (before == 0 || after == text.size()) return false;
    const int left = joining(before - 1), right = joining(after);
    return (left == U_JT_LEFT_JOINING || left == U_JT_DUAL_JOINING) &&
           (right == U_JT_RIGHT_JOINING || right == U_JT_DUAL_JOINING);
}

/// RFC 5892 appendix A.
bool fits_its_context(std::u32string_view text, std::size_t at) {
    const auto c = static_cast<UChar32>(text[at]);
    const auto before = at > 0 ? static_cast<UChar32>(text[at - 1]) : 0;
    const auto after = at + 1 < text.size() ? static_cast<UChar32>(text[at + 1]) : 0;
    const auto any = [&](auto matches) {
        for (const char32_t other : text)
            if (matches(static_cast<UChar32>(other))) return true;
        return false;
    };
    const auto is_japanese = [](UChar32 other) {
        const auto of = script(other);
        return of == USCRIPT_HIRAGANA || of == USCRIPT_KATAKANA || of == USCRIPT_HAN;
    };
    switch (c) {
        case 0x200C: return u_getCombiningClass(before) == virama || joins_both_sides(text, at);
        case 0x200D: return u_getCombiningClass(before) == virama;
        case 0xB7: return before == 'l' && after == 'l';
        case 0x375: return after != 0 && script(after) == USCRIPT_GREEK;
        case 0x5F3:
        case 0x5F4: return before != 0 && script(before) == USCRIPT_HEBREW;
        case 0x30FB: return any(is_japanese);
    }
    if (is_arabic_indic_digit(c)) return !any(is_extended_arabic_indic_digit);
    return is_extended_arabic_indic_digit(c) && !any(is_arabic_indic_digit);
}

std::u32string code_points(std::u16string_view text) {
    std::u32string points;
    for (std::size_t i = 0; i < text.size();) {
        UChar32 c;
        U16_NEXT(text.data(), i, text.size(), c);
        points += static_cast<char32_t>(c);
    }
    return points;
}

}  // namespace

bool is_of_class(std::u16string_view text, StringClass string_class) {
    const auto points = code_points(text);
    for (std::size_t i = 0; i < points.size(); ++i) {
        const auto found = validity(static_cast<UChar32>(points[i]));
        if (found == Validity::never) return false;
        if (found == Validity::freeform_only && string_class == StringClass::identifier) return false;
        if (found == Validity::in_context && !fits_its_context(points, i)) return false;
    }
    return true;
}

bool obeys_bidi_rule(std::u16string_view text) {
    const auto points = code_points(text);
    std::uint32_t seen = 0, last = 0;
    for (const char32_t point : points) {
        const auto direction = U_MASK(u_charDirection(static_cast<UChar32>(point)));
        seen |= direction;
        if (direction != U_MASK(U_DIR_NON_SPACING_MARK)) last = direction;
    }
    constexpr auto l = U_MASK(U_LEFT_TO_RIGHT), r = U_MASK(U_RIGHT_TO_LEFT),
                   al = U_MASK(U_RIGHT_TO_LEFT_ARABIC), an = U_MASK(U_ARABIC_NUMBER),
                   en = U_MASK(U_EUROPEAN_NUMBER);
    constexpr auto neutral = U_MASK(U_EUROPEAN_NUMBER_SEPARATOR) | U_MASK(U_COMMON_NUMBER_SEPARATOR) |
                             U_MASK(U_EUROPEAN_NUMBER_TERMINATOR) | U_MASK(U_OTHER_NEUTRAL) |
                             U_MASK(U_BOUNDARY_NEUTRAL) | U_MASK(U_DIR_NON_SPACING_MARK);
    if (!(seen & (r | al | an))) return true;

    // The numbers are the conditions of RFC 5893 §2.
    const auto first = U_MASK(u_charDirection(static_cast<UChar32>(points.front())));
    if (first == l)  // 1, 5, 6
        return !(seen & ~(l | en | neutral)) && (last & (l | en));
    if (!(first & (r | al))) return false;                   // 1
    if (seen & ~(r | al | an | en | neutral)) return false;  // 2
    if (!(last & (r | al | an | en))) return false;          // 3
    return !((seen & en) && (seen & an));                    // 4
}

}  // namespace chancery::precis
