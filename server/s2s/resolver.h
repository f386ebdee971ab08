// Where a domain's server is, by DNS (RFC 6120 §3.2, XEP-0368).
#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "s2s/endpoint.h"

namespace chancery::s2s {

struct Resolution {
    std::vector<Endpoint> endpoints;  ///< in the order in which to try them
    bool is_final = false;            ///< DNS says for certain that there is no such server
    std::string failure;              ///< when there are none: why
};

/// One answer to a question for SRV records (RFC 2782).
struct ServiceRecord {
    std::string host;
    std::uint16_t port = 0, priority = 0, weight = 0;
    bool direct_tls = false;
};

/// The order to try them in: by priority, within one by weight and chance. `chance(n)` is a number from 0 to n.
void sort_by_chance(std::vector<ServiceRecord>& records, std::uint64_t (*chance)(std::uint64_t most));

/// Asks `server` (address:port; empty: the system's) and waits for the answers, some seconds: not for a shard.
Resolution resolve(const std::string& domain, const std::string& server);

}  // namespace chancery::s2s
