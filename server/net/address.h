// Numeric socket addresses: 192.0.2.1:5222, [2001:db8::1]:5222. No names are resolved here.
#pragma once
#include <netinet/in.h>
#include <sys/socket.h>

#include <cstdint>
#include <string>
#include <string_view>

namespace chancery::net {

class Address {
  public:
    Address() = default;
    /// @throws SocketError  it is not a numeric address with a port.
    static Address parse(std::string_view text);
    static Address local_of(int fd);
    static Address peer_of(int fd);

    std::string to_string() const;
    /// Without the port; an IPv4 address in IPv6 form (::ffff:192.0.2.1) as IPv4.
    std::string host() const;
    std::uint16_t port() const;

    const sockaddr* get() const { return &any_; }
    socklen_t size() const { return any_.sa_family == AF_INET6 ? sizeof v6_ : sizeof v4_; }
    int family() const { return any_.sa_family; }

  private:
    union {
        sockaddr any_;
        sockaddr_in v4_;
        sockaddr_in6 v6_{};
    };
};

}  // namespace chancery::net
