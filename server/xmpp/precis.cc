#include "xmpp/precis.h"

#include <algorithm>

#include "xmpp/precis_class.h"

namespace chancery::precis {
namespace {

bool is_printable_ascii(char c) { return c >= 0x20 && c <= 0x7E; }
bool is_upper(char c) { return c >= 'A' && c <= 'Z'; }

std::u16string username_rules(std::u16string_view text) { return nfc(lower_case(width_mapped(text))); }
std::u16string opaque_rules(std::u16string_view text) { return nfc(spaces_mapped(text)); }

std::u16string nickname_rules(std::u16string_view text) { return nfkc(spaces_trimmed(spaces_mapped(text))); }
std::u16string compared_nickname_rules(std::u16string_view text) { return nfkc(lower_case(spaces_trimmed(spaces_mapped(text)))); }

/// Applies the rules until nothing changes; nothing when it still does after three more times (RFC 8264 §7).
std::optional<std::u16string> stable(std::u16string text, std::u16string (*rules)(std::u16string_view)) {
    text = rules(text);
    for (int again = 0; again < 3; ++again) {
        auto next = rules(text);
        if (next == text) return text;
        text = std::move(next);
    }
    return std::nullopt;
}

std::optional<std::string> freeform(std::string_view text, std::u16string (*rules)(std::u16string_view)) {
    if (text.empty() || text.size() > input_limit_bytes) return std::nullopt;
    const auto typed = from_utf8(text);
    if (!typed || !is_of_class(*typed, StringClass::freeform)) return std::nullopt;
    const auto prepared = stable(*typed, rules);
    if (!prepared || prepared->empty() || !is_of_class(*prepared, StringClass::freeform)) return std::nullopt;
    return to_utf8(*prepared);
}

}  // namespace

bool is_plain_username(std::string_view text) {
    return !text.empty() && std::ranges::all_of(text, [](char c) {
        return is_printable_ascii(c) && c != ' ' && !is_upper(c);
    });
}

bool is_plain_opaque_string(std::string_view text) {
    return !text.empty() && std::ranges::all_of(text, is_printable_ascii);
}

std::string lower_case_ascii(std::string_view text) {
    std::string lower(text);
    for (char& c : lower)
        if (is_upper(c)) c += 'a' - 'A';
    return lower;
}

std::optional<std::string> username(std::string_view text) {
    if (auto lower = lower_case_ascii(text); is_plain_username(lower)) return lower;
    if (text.empty() || text.size() > input_limit_bytes) return std::nullopt;
    const auto typed = from_utf8(text);
    if (!typed) return std::nullopt;

    // Preparation and enforcement, RFC 8265 §3.3.2: what is not valid before case mapping is not made so by
    // it.
    if (!is_of_class(width_mapped(*typed), StringClass::identifier)) return std::nullopt;
    const auto name = stable(*typed, username_rules);
    if (!name || !is_of_class(*name, StringClass::identifier) || !obeys_bidi_rule(*name)) return std::nullopt;
    return to_utf8(*name);
}

std::optional<std::string> opaque_string(std::string_view text) {
    if (is_plain_opaque_string(text) && text.size() <= input_limit_bytes) return std::string(text);
    return freeform(text, opaque_rules);
}

std::optional<std::string> nickname(std::string_view text) { return freeform(text, nickname_rules); }
std::optional<std::string> compared_nickname(std::string_view text) { return freeform(text, compared_nickname_rules); }

}  // namespace chancery::precis
