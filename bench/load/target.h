// Where the load goes: one XMPP server on this machine. Other machines are refused, so that nobody turns this
// against a server that is in use.
#pragma once
#include <netinet/in.h>
#include <sys/socket.h>

#include <string>
#include <vector>

#include "base/result.h"

namespace chancery::load {

struct Address {
    sockaddr_storage socket{};
    socklen_t size = 0;
};

/// "127.0.0.1:5222", "localhost:5222" or "[::1]:5222". Anything that is not a loopback address in figures, or
/// localhost, is refused with a text for a person: names are not looked up.
Result<Address, std::string> loopback_address(const std::string& host_and_port);

struct Target {
    std::string address = "127.0.0.1:5222";
    std::string domain = "localhost";
    std::string ca;               // file; empty: the certificate is not verified
    bool direct_tls = false;      // TLS from the first byte (XEP-0368) instead of STARTTLS
    std::string prefix = "u";     // account i is prefix + i
    std::string password = "p%";  // % becomes i
    std::vector<int> pids;        // whose CPU time and memory are the server's
    double limit_seconds = 120;

    std::string user(std::size_t i) const { return prefix + std::to_string(i); }
    std::string bare(std::size_t i) const { return user(i) + '@' + domain; }
    std::string password_of(std::size_t i) const;
};

}  // namespace chancery::load
