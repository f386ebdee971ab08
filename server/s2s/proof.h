// How a partner's certificate proves its domain: by an authority that is trusted (identity.h), by what DNS with DNSSEC says of
// it (DANE: RFC 7671, RFC 7673), or by what the domain's web site says (POSH: RFC 7711). RFC 7712 is about all three.
//
// Where TLSA records that can be used are found, they alone decide: without a match nothing else is tried, neither an
// authority nor dialback, since somebody who forges the one would forge the other.
#pragma once
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "base/task.h"
#include "s2s/endpoint.h"

namespace chancery::s2s {

class Service;

enum class Proof { authority, dane, posh, dialback };

std::string_view name_of(Proof proof);

/// Why a certificate proves nothing.
struct Doubt {
    std::string reason;      ///< the peer may be told
    bool is_final = false;   ///< DNS says that it is not the domain's: dialback must not be tried
    std::string inside = {}; ///< for the log alone: what we found on our way, which may be a way through our own network

    std::string whole() const { return inside.empty() ? reason : reason + "; " + inside; }
};

/// Of the server at `endpoint`, which we have called.
Task<Result<Proof, Doubt>> prove_called(Service& service, std::optional<net::PeerCertificate> certificate, std::string domain, Endpoint endpoint);

/// Of somebody who calls us: its certificate must be that of one of the domain's servers (RFC 7712 §4).
Task<Result<Proof, Doubt>> prove_caller(Service& service, std::optional<net::PeerCertificate> certificate, std::string domain);

}  // namespace chancery::s2s
