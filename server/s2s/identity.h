// Whether a certificate proves a domain (RFC 6120 §13.7.2, RFC 6125, RFC 7590).
#pragma once
#include <optional>
#include <string>
#include <string_view>

#include "net/tls.h"

namespace chancery::s2s {

/// Nothing when it does; else why not, for the log and the peer.
std::optional<std::string> doubt(const std::optional<net::PeerCertificate>& certificate, std::string_view domain);
/// Whether the certificate, whoever has signed it, is for the domain.
bool names(const net::PeerCertificate& certificate, std::string_view domain);

}  // namespace chancery::s2s
