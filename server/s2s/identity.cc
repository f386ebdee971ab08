// The names that count are DNS-ID, with a wildcard as the whole left-most label (RFC 6125 §6.4.3), SRV-ID (RFC 4985) and
// xmppAddr (RFC 6120 §13.7.1.4). The common name does not count.
#include "s2s/identity.h"

#include <algorithm>

#include "xmpp/jid.h"
#include "xmpp/precis.h"

namespace chancery::s2s {
namespace {

bool is_dns_name_of(std::string_view pattern, std::string_view domain) {
    const auto lower = precis::lower_case_ascii(pattern);
    if (lower == domain) return true;
    if (!lower.starts_with("*.")) return false;
    const auto dot = domain.find('.');
    return dot != domain.npos && dot > 0 && domain.substr(dot) == std::string_view(lower).substr(1);
}

}  // namespace

bool names(const net::PeerCertificate& certificate, std::string_view domain) {
    for (const auto& address : certificate.xmpp_addresses)
        if (const auto jid = Jid::parse(address); jid && jid->is_domain() && jid->text() == domain) return true;
    const auto ascii = precis::ascii_domain(domain);
    if (!ascii) return false;
    const auto service = "_xmpp-server." + *ascii;
    return std::ranges::any_of(certificate.dns_names, [&](const auto& name) { return is_dns_name_of(name, *ascii); }) ||
           std::ranges::any_of(certificate.service_names,
                               [&](const auto& name) { return precis::lower_case_ascii(name) == service; });
}

std::optional<std::string> doubt(const std::optional<net::PeerCertificate>& certificate, std::string_view domain) {
    if (!certificate) return "no certificate was shown";
    if (!certificate->verified) return "the certificate is not trusted: " + certificate->verify_error;
    if (!certificate->may_serve) return "the certificate is not for TLS";
    if (!names(*certificate, domain)) return "the certificate does not name " + std::string(domain);
    return std::nullopt;
}

}  // namespace chancery::s2s
