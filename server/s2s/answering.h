// How another server that calls us gets in: TLS, then proof of the domain it speaks for.
#pragma once
#include <string>

#include "s2s/exchange.h"
#include "s2s/service.h"

namespace chancery::s2s {

/// Negotiates up to the first stanza. @throws StreamError, StreamEnded, net::Timeout, net::ConnectionLost, net::Cancelled
Task<Agreement> admit(Service& service, Stream& stream, bool direct_tls);

/// The answer to an element of dialback on a stream that is open for stanzas: keys of ours are verified, and more domains
/// on one stream (XEP-0220 §2.3, piggybacking) are refused.
std::string answer_on_open_stream(Service& service, xml::View element);

}  // namespace chancery::s2s
