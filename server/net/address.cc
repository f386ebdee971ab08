#include "net/address.h"

#include <arpa/inet.h>

#include <charconv>

#include "net/error.h"

namespace chancery::net {

Address Address::parse(std::string_view text) {
    const auto refuse = [&] {
        return SocketError("not a numeric address with a port: " + std::string(text));
    };
    const auto colon = text.rfind(':');
    if (colon == text.npos) throw refuse();
    auto host = text.substr(0, colon);
    const auto port_text = text.substr(colon + 1);
    std::uint16_t port = 0;
    const auto [end, error] = std::from_chars(port_text.data(), port_text.data() + port_text.size(), port);
    if (error != std::errc{} || end != port_text.data() + port_text.size()) throw refuse();

    Address address;
    if (host.starts_with('[') && host.ends_with(']')) {
        const std::string inside(host.substr(1, host.size() - 2));
        address.v6_ = {.sin6_family = AF_INET6, .sin6_port = htons(port)};
        if (inet_pton(AF_INET6, inside.c_str(), &address.v6_.sin6_addr) != 1) throw refuse();
    } else {
        address.v4_ = {.sin_family = AF_INET, .sin_port = htons(port)};
        if (inet_pton(AF_INET, std::string(host).c_str(), &address.v4_.sin_addr) != 1) throw refuse();
    }
    return address;
}

Address Address::local_of(int fd) {
    Address address;
    socklen_t size = sizeof address.v6_;
    getsockname(fd, &address.any_, &size);
    return address;
}

Address Address::peer_of(int fd) {
    Address address;
    socklen_t size = sizeof address.v6_;
    getpeername(fd, &address.any_, &size);
    return address;
}

std::string Address::host() const {
    char text[INET6_ADDRSTRLEN] = "";
    if (family() != AF_INET6) return inet_ntop(AF_INET, &v4_.sin_addr, text, sizeof text);
    if (IN6_IS_ADDR_V4MAPPED(&v6_.sin6_addr))
        return inet_ntop(AF_INET, &v6_.sin6_addr.s6_addr[12], text, sizeof text);
    return inet_ntop(AF_INET6, &v6_.sin6_addr, text, sizeof text);
}

std::uint16_t Address::port() const { return ntohs(family() == AF_INET6 ? v6_.sin6_port : v4_.sin_port); }

std::string Address::to_string() const {
    const auto name = host();
    const bool brackets = name.find(':') != name.npos;
    return (brackets ? '[' + name + ']' : name) + ':' + std::to_string(port());
}

}  // namespace chancery::net
