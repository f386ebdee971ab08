// Domain parts: host names in their one form, by IDNA (RFC 5890, UTS #46), and IPv6 literals (RFC 7622 §3.2).
#include <arpa/inet.h>
#include <unicode/uidna.h>

#include <algorithm>

#include "xmpp/precis.h"
#include "xmpp/precis_class.h"

namespace chancery::precis {
namespace {

bool is_letter_or_digit(char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); }

/// A label of lower-case ASCII that is neither an A-label nor of the reserved kind (RFC 5890 §2.3.1).
bool is_plain_label(std::string_view label) {
    constexpr std::size_t limit_bytes = 63;  // RFC 1035 §2.3.4
    if (label.empty() || label.size() > limit_bytes) return false;
    if (!is_letter_or_digit(label.front()) || !is_letter_or_digit(label.back())) return false;
    if (label.size() > 4 && label[2] == '-' && label[3] == '-') return false;
    return std::ranges::all_of(label, [](char c) { return is_letter_or_digit(c) || c == '-'; });
}

template <class Text, class Test>
bool all_labels(Text name, Test test) {
    while (true) {
        const auto dot = name.find('.');
        if (!test(name.substr(0, dot))) return false;
        if (dot == Text::npos) return true;
        name.remove_prefix(dot + 1);
    }
}

std::optional<std::string> ipv6_literal(std::string_view text) {
    if (text.size() < 4 || text.back() != ']') return std::nullopt;
    in6_addr address;
    char canonical[INET6_ADDRSTRLEN];
    if (inet_pton(AF_INET6, std::string(text.substr(1, text.size() - 2)).c_str(), &address) != 1)
        return std::nullopt;
    inet_ntop(AF_INET6, &address, canonical, sizeof canonical);
    return "[" + std::string(canonical) + "]";
}

const UIDNA* idna() {
    static const UIDNA* const instance = [] {
        UErrorCode status = U_ZERO_ERROR;
        return uidna_openUTS46(UIDNA_USE_STD3_RULES | UIDNA_CHECK_BIDI | UIDNA_CHECK_CONTEXTJ |
                                   UIDNA_CHECK_CONTEXTO | UIDNA_NONTRANSITIONAL_TO_ASCII |
                                   UIDNA_NONTRANSITIONAL_TO_UNICODE,
                               &status);
    }();
    return instance;
}

using Convert = int32_t (*)(const UIDNA*, const char*, int32_t, char*, int32_t, UIDNAInfo*, UErrorCode*);

std::optional<std::string> converted(Convert convert, std::string_view name) {
    std::string out(name.size() * 4 + 64, '\0');
    UIDNAInfo info = UIDNA_INFO_INITIALIZER;
    UErrorCode status = U_ZERO_ERROR;
    const auto size = convert(idna(), name.data(), static_cast<int32_t>(name.size()), out.data(),
                              static_cast<int32_t>(out.size()), &info, &status);
    if (U_FAILURE(status) || info.errors != 0) return std::nullopt;
    out.resize(static_cast<std::size_t>(size));
    return out;
}

}  // namespace

bool is_plain_domain(std::string_view text) { return all_labels(text, is_plain_label); }

std::optional<std::string> domain(std::string_view text) {
    if (text.empty() || text.size() > input_limit_bytes) return std::nullopt;
    if (text.front() == '[') return ipv6_literal(text);
    if (text.back() == '.') text.remove_suffix(1);  // RFC 7622 §3.2
    if (auto lower = lower_case_ascii(text); is_plain_domain(lower)) return lower;

    auto name = converted(uidna_nameToUnicodeUTF8, text);
    if (!name || name->empty()) return std::nullopt;
    if (name->back() == '.') name->pop_back();  // written as another of the dots of UTS #46
    if (!converted(uidna_nameToASCII_UTF8, *name)) return std::nullopt;  // too long a label, or in all
    // UTS #46 lets symbols pass that IDNA2008 does not: ♥ is no letter.
    const auto points = from_utf8(*name);
    if (!is_of_class(*points, StringClass::identifier)) return std::nullopt;
    return name;
}

std::optional<std::string> ascii_domain(std::string_view domain) {
    if (domain.empty() || domain.front() == '[') return std::nullopt;
    if (is_plain_domain(domain)) return std::string(domain);
    return converted(uidna_nameToASCII_UTF8, domain);
}

}  // namespace chancery::precis
