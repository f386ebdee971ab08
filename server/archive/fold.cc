#include "archive/fold.h"

#include <unicode/bytestream.h>
#include <unicode/normalizer2.h>
#include <unicode/uchar.h>
#include <unicode/utf8.h>

#include <stdexcept>

namespace chancery::archive {
namespace {

using Instance = const icu::Normalizer2* (*)(UErrorCode&);

std::string normalise(Instance instance, std::string_view text) {
    auto code = U_ZERO_ERROR;
    const auto* normalizer = instance(code);
    std::string out;
    icu::StringByteSink<std::string> sink(&out);
    if (U_SUCCESS(code))
        normalizer->normalizeUTF8(0, {text.data(), static_cast<std::int32_t>(text.size())}, sink, nullptr, code);
    if (U_FAILURE(code)) throw std::runtime_error(std::string("ICU cannot normalise: ") + u_errorName(code));
    return out;
}

}  // namespace

std::string fold(std::string_view text) { return normalise(icu::Normalizer2::getNFKCCasefoldInstance, text); }

std::string without_marks(std::string_view text) {
    const auto apart = normalise(icu::Normalizer2::getNFDInstance, text);
    std::string out;
    const auto* bytes = reinterpret_cast<const std::uint8_t*>(apart.data());
    for (std::int32_t at = 0, size = static_cast<std::int32_t>(apart.size()); at < size;) {
        const auto start = at;
        UChar32 character;
        U8_NEXT(bytes, at, size, character);
        if (character >= 0 && u_charType(character) == U_NON_SPACING_MARK) continue;
        out.append(apart, static_cast<std::size_t>(start), static_cast<std::size_t>(at - start));
    }
    return out;
}

std::string fold_phrase(std::string_view text) {
    const auto folded = fold(text);
    std::string out;
    bool is_gap = false;
    for (const char c : folded) {
        if (c == ' ' || c == '\t' || c == '\n' || c == '\r') {
            is_gap = !out.empty();
            continue;
        }
        if (is_gap) out += ' ';
        is_gap = false;
        out += c;
    }
    return out;
}

}  // namespace chancery::archive
