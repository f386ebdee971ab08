// An address at which a server may be reached, how TLS begins there, and what DNS says of the certificate shown there.
#pragma once
#include <string>
#include <vector>

#include "net/dane.h"

namespace chancery::s2s {

struct Endpoint {
    std::string address;      ///< numeric, with port
    bool direct_tls = false;  ///< XEP-0368; else STARTTLS
    std::string host = {};    ///< the name that the address is of; empty: a setting says the address
    std::vector<net::TlsaRecord> certificates = {};  ///< of `host` and the port, all the way secured by DNSSEC (RFC 7673 §3)
    bool operator==(const Endpoint&) const = default;
};

}  // namespace chancery::s2s
