// One document from another organisation's HTTPS server, by libcurl, from a thread that may wait.
//
// What asks for it may have been chosen by a stranger, and so may the name of the host: only public addresses are connected to,
// and others where a setting names them. No redirects, no proxies, no cookies.
#pragma once
#include <map>
#include <string>

#include "base/result.h"
#include "net/tls.h"

namespace chancery::s2s {

struct HttpsOptions {
    std::string resolver;                     ///< DNS server as address:port; empty: the system's
    std::map<std::string, std::string> hosts; ///< name to address:port, instead of DNS, whatever network the address is of
    std::shared_ptr<net::TlsContext> trust;   ///< whose authorities count
};

/// The body of an answer 200. @returns why there is none, for the log.
Result<std::string, std::string> fetch(const std::string& url, const HttpsOptions& options);

/// Whether an address, as net::Address has it before the colon, is one that anybody on the internet would reach.
bool is_public(const std::string& host);

}  // namespace chancery::s2s
