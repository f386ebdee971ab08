// Where a domain's server is, by DNS (RFC 6120 §3.2, XEP-0368), and which certificates it has (RFC 7673).
#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "s2s/dns_message.h"
#include "s2s/endpoint.h"

namespace chancery::s2s {

struct Resolution {
    std::vector<Endpoint> endpoints;  ///< in the order in which to try them
    bool is_final = false;            ///< DNS says for certain that there is no such server
    std::string failure;              ///< of the last server that could not be found, or whose certificates could not
};

/// Whether the resolver's word counts that it has validated an answer.
enum class Dnssec { ignored, trusted };

/// The order to try them in: by priority, within one by weight and chance. `chance(n)` is a number from 0 to n.
void sort_by_chance(std::vector<ServiceRecord>& records, std::uint64_t (*chance)(std::uint64_t most));

/// Asks `server` (address:port; empty: the system's) and waits for the answers, some seconds: not for a shard.
Resolution resolve(const std::string& domain, const std::string& server, Dnssec dnssec);

}  // namespace chancery::s2s
