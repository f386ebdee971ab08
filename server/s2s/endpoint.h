// An address at which a server may be reached, and how TLS begins there.
#pragma once
#include <string>

namespace chancery::s2s {

struct Endpoint {
    std::string address;      ///< numeric, with port
    bool direct_tls = false;  ///< XEP-0368; else STARTTLS
    bool operator==(const Endpoint&) const = default;
};

}  // namespace chancery::s2s
