#include "load/target.h"

#include <arpa/inet.h>

#include <charconv>
#include <cstdint>
#include <cstring>

namespace chancery::load {

Result<Address, std::string> loopback_address(const std::string& text) {
    const auto colon = text.rfind(':');
    const auto port_text = colon == text.npos ? std::string() : text.substr(colon + 1);
    std::uint16_t port = 0;
    const auto [end, error] = std::from_chars(port_text.data(), port_text.data() + port_text.size(), port);
    if (port == 0 || error != std::errc() || end != port_text.data() + port_text.size())
        return refusal("the address must be HOST:PORT, for example 127.0.0.1:5222, not \"" + text + "\"");

    auto host = text.substr(0, colon);
    if (host == "localhost") host = "127.0.0.1";
    if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
    Address address;
    sockaddr_in four{.sin_family = AF_INET, .sin_port = htons(port)};
    sockaddr_in6 six{.sin6_family = AF_INET6, .sin6_port = htons(port)};
    if (inet_pton(AF_INET, host.c_str(), &four.sin_addr) == 1 && (ntohl(four.sin_addr.s_addr) >> 24) == 127) {
        std::memcpy(&address.socket, &four, address.size = sizeof four);
        return address;
    }
    if (inet_pton(AF_INET6, host.c_str(), &six.sin6_addr) == 1 && IN6_IS_ADDR_LOOPBACK(&six.sin6_addr)) {
        std::memcpy(&address.socket, &six, address.size = sizeof six);
        return address;
    }
    return refusal("load drives servers on this machine only (127.0.0.0/8, [::1] or localhost); \"" + host +
                   "\" is refused");
}

std::string Target::password_of(std::size_t i) const {
    std::string result = password;
    if (const auto at = result.find('%'); at != result.npos) result.replace(at, 1, std::to_string(i));
    return result;
}

}  // namespace chancery::load
