// The string classes of PRECIS (RFC 8264 §4), over UTF-16 as ICU has it.
#pragma once
#include <optional>
#include <string>
#include <string_view>

namespace chancery::precis {

enum class StringClass { identifier, freeform };

/// Whether every code point is valid in the class and stands where its contextual rule (RFC 5892 appendix A)
/// lets it.
bool is_of_class(std::u16string_view text, StringClass string_class);

/// The bidi rule (RFC 5893 §2), which binds a text only when it has right-to-left characters.
bool obeys_bidi_rule(std::u16string_view text);

// Steps of the profiles.

/// Nothing when the bytes are not well-formed UTF-8.
std::optional<std::u16string> from_utf8(std::string_view bytes);
std::string to_utf8(std::u16string_view text);
/// Fullwidth and halfwidth code points become what they decompose to (RFC 8264 §5.2.1).
std::u16string width_mapped(std::u16string_view text);
/// The Unicode default toLowerCase (RFC 8265 §3.3.2).
std::u16string lower_case(std::u16string_view text);
std::u16string nfc(std::u16string_view text);
std::u16string nfkc(std::u16string_view text);
/// Every space (Zs) becomes U+0020 (RFC 8265 §4.2.2).
std::u16string spaces_mapped(std::u16string_view text);
/// No space at either end, nor two behind each other (RFC 8266 §2.1).
std::u16string spaces_trimmed(std::u16string_view text);

}  // namespace chancery::precis
