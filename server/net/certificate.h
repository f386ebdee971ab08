// What the certificate of a context says.
#pragma once
#include <string>

#include "net/tls.h"

namespace chancery::net {

/// Whether clients of this host, a name or an address ([::1]), would accept the certificate as its own (RFC 9110 §4.3.4).
bool certificate_is_for(const TlsContext& context, std::string host);

/// The certificate itself, as DER.
std::string certificate_of(const TlsContext& context);

}  // namespace chancery::net
