// The settings of federation: typed, with their defaults. They stand in the same file as all others (config.h), in the
// section [federation] and in two keys of [listen], and are read by the same rules.
#pragma once
#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "base/config.h"

namespace chancery {

/// With whom stanzas are exchanged across servers, and how much. Domains are compared in their canonical form.
struct FederationSettings {
    std::string listen;                       ///< listen.s2s: address:port with STARTTLS; empty: off
    std::string listen_tls;                   ///< listen.s2s_tls: the same with direct TLS (XEP-0368)
    std::vector<std::string> domains;         ///< partners; "*": every domain; none: no federation
    std::vector<std::string> blocked;         ///< not these, nor what is below them
    std::vector<std::string> dialback;        ///< partners without a good certificate, known by DNS alone (XEP-0220)
    std::map<std::string, std::string> hosts; ///< domain to address:port, or tls:address:port; instead of DNS
    std::string authorities;                  ///< PEM file beside the system's; relative to the data directory
    bool system_authorities = true;           ///< whether the system's count
    std::string resolver;                     ///< DNS server as address:port; empty: the system's
    bool dane = false;                        ///< it validates DNSSEC, and nobody can forge its answers on their way: TLSA records count
    bool posh = false;                        ///< documents under a partner's web site may say which certificates it has (RFC 7711)
    bool posh_document = false;               ///< listen.https has such a document about our own certificate
    std::map<std::string, std::string> posh_hosts; ///< name to address:port of its HTTPS server, instead of DNS
    std::int64_t stanzas_per_second = 100;    ///< of one domain; more have to wait
    std::map<std::string, std::string> rates; ///< domain to stanzas per second, where it is another
    std::int64_t targets_per_minute = 1'000;  ///< addresses that one domain writes to; others are refused
    std::map<std::string, std::string> targets; ///< domain to addresses a minute, where it is another
    std::int64_t failure_percent = 50;        ///< of a domain's stanzas in a minute; above it has one a second
    std::map<std::string, std::string> failures; ///< domain to percent, where it is another
    std::int64_t queue_messages = 10'000;     ///< that wait for one domain; one more is returned
    std::int64_t queue_mib = 64;              ///< the same in MiB
    std::int64_t wait_seconds = 14'400;       ///< for a domain that cannot be reached; then a message is returned
    std::int64_t retry_seconds = 300;         ///< longest pause between two attempts
    std::int64_t idle_seconds = 600;          ///< a stream without stanzas for so long is closed
    std::int64_t streams = 1'000;             ///< that other servers have opened

    /// @throws ConfigError as Config::load does, which has the same file and overrides.
    static FederationSettings load(const std::filesystem::path& file, const std::vector<Config::Override>& overrides = {});
};

}  // namespace chancery
