// From an accepted connection to a signed-in account: TLS (RFC 6120 §5), then SASL (§6). Nothing else is possible before.
#pragma once
#include "c2s/sasl2.h"
#include "c2s/service.h"
#include "c2s/tcp_stream.h"

namespace chancery::c2s {

/// Secures a stream over TCP: at once, or after <starttls/>.
/// @throws StreamError, StreamEnded, net::Timeout, net::ConnectionLost
Task<> secure(Service& service, TcpStream& stream, bool direct_tls);

/// Authenticates the peer of a stream inside TLS. Without an Account there is no session. After RFC 6120's own SASL the
/// stream is ready to begin anew. Throws as secure() does.
Task<SignedIn> authenticate(Service& service, XmlStream& stream);

/// Reads a stream header and answers it. @throws StreamError when it cannot be served (RFC 6120 §4.9.3).
Task<> accept_header(Service& service, XmlStream& stream, std::chrono::milliseconds limit, std::string to = {});

}  // namespace chancery::c2s
