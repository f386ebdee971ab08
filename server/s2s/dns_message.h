// What a DNS server answered (RFC 1035 §4.1), as far as finding other servers needs it. The bytes are a stranger's.
//
// Our own reader, since c-ares' parsers of Debian 12 know neither TLSA records nor whether an answer was validated.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "net/dane.h"

namespace chancery::s2s {

/// RFC 2782.
struct ServiceRecord {
    std::string host;
    std::uint16_t port = 0, priority = 0, weight = 0;
    bool direct_tls = false;
    bool is_validated = false;  ///< DnsMessage::is_validated
};

enum class DnsKind : std::uint16_t { a = 1, aaaa = 28, srv = 33, tlsa = 52 };

struct DnsMessage {
    static constexpr std::size_t most_records = 64;  // of each kind; further ones are left out

    bool is_validated = false;  ///< the server says that it has checked the signatures (AD, RFC 4035 §3.2.3)
    bool has_failed = false;    ///< the server could not, or would not, find out: also when signatures are bad. That there is
                                ///< no such name is no failure
    std::vector<ServiceRecord> services;
    std::vector<std::string> addresses;  ///< as net::Address has them before the colon
    std::vector<net::TlsaRecord> certificates;

    /// Nothing when it is no answer that can be read from begin to end.
    static std::optional<DnsMessage> parse(std::string_view bytes);
};

/// A question for `name`, which asks to be told whether the answer was validated (RFC 6840 §5.7). Empty when it is no name.
std::string dns_question(std::string_view name, DnsKind kind, std::uint16_t id);

}  // namespace chancery::s2s
