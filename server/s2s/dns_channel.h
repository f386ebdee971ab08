// Questions to a DNS server, by c-ares, from a thread that may wait.
#pragma once
#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "s2s/dns_message.h"

struct ares_channeldata;

namespace chancery::s2s {

/// What came of a question.
struct DnsAnswer {
    DnsMessage message;
    std::string failure = "DNS: no answer in time";  ///< empty: the server knows the answer, which may be that there is none
    bool is_known() const { return failure.empty(); }
};

/// The addresses of a host, also from the system's table of hosts.
struct HostAddresses {
    std::vector<std::string> addresses;  ///< as DnsMessage has them
    std::string failure = "DNS: no answer in time";
    bool is_none = false;                ///< it is certain that it has none
};

class DnsChannel {
  public:
    /// `server` as address:port; empty: the system's.
    explicit DnsChannel(const std::string& server);
    ~DnsChannel();
    DnsChannel(const DnsChannel&) = delete;

    explicit operator bool() const { return channel_ != nullptr; }
    /// `answer` must live until run() has returned, and is filled by then.
    void ask(const std::string& name, DnsKind kind, DnsAnswer& answer);
    void ask_for_host(const std::string& name, HostAddresses& answer);
    /// Until every question is answered, or the deadline has passed, which answers the rest.
    void run(std::chrono::steady_clock::time_point deadline);

  private:
    ares_channeldata* channel_ = nullptr;
};

}  // namespace chancery::s2s
