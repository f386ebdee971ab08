#include "load/https.h"

#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstring>
#include <utility>

namespace chancery::load {
namespace {

constexpr int patience_seconds = 60;

int connect_to(std::uint16_t port) {
    const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{.sin_family = AF_INET, .sin_port = htons(port)};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    const int on = 1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    const timeval patience{.tv_sec = patience_seconds};
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
    if (::connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0) return fd;
    ::close(fd);
    throw HttpsFailure(std::string("HTTPS port ") + std::to_string(port) + ": " + std::strerror(errno));
}

/// The value of a header field; names in any case.
std::string_view field(std::string_view head, std::string_view name) {
    for (auto line = head.find("\r\n"); line != head.npos; line = head.find("\r\n", line + 2)) {
        auto rest = head.substr(line + 2);
        const bool is_it = rest.size() > name.size() && rest[name.size()] == ':' &&
                           std::equal(name.begin(), name.end(), rest.begin(), [](char a, char b) { return (a | 32) == (b | 32); });
        if (!is_it) continue;
        rest = rest.substr(name.size() + 1, rest.find("\r\n") - name.size() - 1);
        return rest.substr(std::min(rest.find_first_not_of(' '), rest.size()));
    }
    return {};
}

}  // namespace

Url parse_url(std::string_view text) {
    constexpr std::string_view scheme = "https://";
    if (!text.starts_with(scheme)) throw HttpsFailure("no https address: " + std::string(text));
    text.remove_prefix(scheme.size());
    const auto slash = std::min(text.find('/'), text.size()), colon = text.substr(0, slash).find(':');
    Url url{.host = std::string(text.substr(0, std::min(colon, slash))), .path = std::string(text.substr(slash))};
    if (colon != text.npos) std::from_chars(text.data() + colon + 1, text.data() + slash, url.port);
    for (auto at = url.path.find("&amp;"); at != url.path.npos; at = url.path.find("&amp;", at + 1)) url.path.replace(at, 5, "&");
    return url;
}

Https::Https(const TlsContext& context, const std::string& host, std::uint16_t port) : socket_(connect_to(port)), ssl_(SSL_new(context.get())) {
    SSL_set_fd(ssl_, socket_);
    SSL_set_tlsext_host_name(ssl_, host.c_str());
    if (SSL_connect(ssl_) == 1) return;
    SSL_free(ssl_);
    ::close(socket_);
    throw HttpsFailure("HTTPS: no TLS");
}

Https::~Https() {
    SSL_free(ssl_);
    ::close(socket_);
}

void Https::write(std::string_view bytes) {
    while (!bytes.empty()) {
        const int written = SSL_write(ssl_, bytes.data(), static_cast<int>(std::min<std::size_t>(bytes.size(), 1 << 20)));
        if (written <= 0) throw HttpsFailure("HTTPS: the server takes no more");
        bytes.remove_prefix(static_cast<std::size_t>(written));
    }
}

bool Https::read_more() {
    std::array<char, 16384> bytes;
    const int size = SSL_read(ssl_, bytes.data(), bytes.size());
    if (size > 0) buffer_.append(bytes.data(), static_cast<std::size_t>(size));
    return size > 0;
}

int Https::ask(const std::string& head, std::string_view body, const std::function<void(std::string_view)>& take) {
    write(head);
    write(body);
    while (!buffer_.contains("\r\n\r\n"))
        if (!read_more()) throw HttpsFailure("HTTPS: the server has closed instead of answering");
    const auto end = buffer_.find("\r\n\r\n") + 4;
    const auto answer = std::exchange(buffer_, buffer_.substr(end)).substr(0, end);
    int status = 0;
    const auto space = answer.find(' ');
    std::from_chars(answer.data() + space + 1, answer.data() + answer.size(), status);
    std::uint64_t left = 0;
    const auto length = field(answer, "content-length");
    std::from_chars(length.data(), length.data() + length.size(), left);
    while (left > 0) {
        if (buffer_.empty() && !read_more()) throw HttpsFailure("HTTPS: the server has closed within its answer");
        const auto piece = std::string_view(buffer_).substr(0, left);
        take(piece);
        left -= piece.size();
        buffer_.erase(0, piece.size());
    }
    return status;
}

int Https::put(const Url& url, std::string_view body) {
    auto head = "PUT " + url.path + " HTTP/1.1\r\nHost: " + url.host + ":" + std::to_string(url.port) +
                "\r\nContent-Type: application/octet-stream\r\nContent-Length: " + std::to_string(body.size()) + "\r\n";
    if (!url.authorization.empty()) head += "Authorization: " + url.authorization + "\r\n";
    return ask(head + "\r\n", body, [](std::string_view) {});
}

int Https::get(const Url& url, const std::function<void(std::string_view)>& take) {
    return ask("GET " + url.path + " HTTP/1.1\r\nHost: " + url.host + ":" + std::to_string(url.port) + "\r\n\r\n", {}, take);
}

}  // namespace chancery::load
