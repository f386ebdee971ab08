// PRECIS: which Unicode strings may be a user name, a resource or a password, and their one canonical form.
//
// RFC 8264 (classes), RFC 8265 and RFC 8266 (profiles), through ICU. Code points that our ICU does not know are refused.
// Printable ASCII, which is nearly everything, never reaches ICU.
#pragma once
#include <optional>
#include <string>
#include <string_view>

namespace chancery::precis {

/// Longer input is refused before it is looked at. Unit: bytes of UTF-8.
inline constexpr std::size_t input_limit_bytes = 4096;

/// UsernameCaseMapped (RFC 8265 §3.3): width-mapped, lower case, NFC, bidi rule. Nothing when the text is
/// empty, not UTF-8, or not of the IdentifierClass.
std::optional<std::string> username(std::string_view text);

/// OpaqueString (RFC 8265 §4.2), for passwords and resources: spaces become U+0020, NFC; case is kept.
/// Nothing when the text is empty, not UTF-8, or not of the FreeformClass.
std::optional<std::string> opaque_string(std::string_view text);

/// Nickname (RFC 8266 §2.3), for what people give a name to: no space at the ends nor two in a row, NFKC; case is kept. Nothing when
/// the text is empty, not UTF-8, or not of the FreeformClass.
std::optional<std::string> nickname(std::string_view text);
/// The same in lower case (RFC 8266 §2.4): two names are the same when these are.
std::optional<std::string> compared_nickname(std::string_view text);

/// A domain name in lower case and U-labels without a final dot (IDNA2008 by UTS #46, nontransitional), or an
/// IPv6 literal in brackets. Nothing when a label is not a valid one.
std::optional<std::string> domain(std::string_view text);

/// The same name in A-labels, as DNS and certificates have it. Nothing when it is no host name.
std::optional<std::string> ascii_domain(std::string_view domain);

// Whether the text is ASCII that the profile leaves as it is, which a byte loop can tell. False says nothing.
bool is_plain_username(std::string_view text);
bool is_plain_opaque_string(std::string_view text);
bool is_plain_domain(std::string_view text);

std::string lower_case_ascii(std::string_view text);

}  // namespace chancery::precis
