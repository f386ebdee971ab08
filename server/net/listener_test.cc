#include "net/listener.h"

#include <doctest/doctest.h>
#include <netinet/tcp.h>
#include <sys/resource.h>

#include <algorithm>

#include "support/connections.h"

using namespace chancery;
using namespace chancery::net;
using namespace chancery::test;

namespace {

/// An option of the accepted socket whose peer has this port: connections give away no descriptor.
int option_of_peer(std::uint16_t port, int level, int name) {
    rlimit files{};
    getrlimit(RLIMIT_NOFILE, &files);
    for (int fd = 0; fd < static_cast<int>(std::min<rlim_t>(files.rlim_cur, 10'000)); ++fd) {
        sockaddr_in peer{};
        socklen_t size = sizeof peer;
        if (getpeername(fd, reinterpret_cast<sockaddr*>(&peer), &size) != 0 || ntohs(peer.sin_port) != port) continue;
        int value = -1;
        size = sizeof value;
        getsockopt(fd, level, name, &value, &size);
        return value;
    }
    return -1;
}

}  // namespace

TEST_CASE("AcceptedConnectionsSendAtOnceAndNoticeAPeerThatVanished") {
    Server server(serve_direct);
    RawClient client(server.address);
    const auto port = Address::local_of(client.fd).port();
    for (int i = 0; i < 500 && option_of_peer(port, SOL_SOCKET, SO_KEEPALIVE) == -1; ++i) usleep(10'000);
    CHECK(option_of_peer(port, SOL_SOCKET, SO_KEEPALIVE) == 1);
    CHECK(option_of_peer(port, IPPROTO_TCP, TCP_NODELAY) == 1);
    CHECK(option_of_peer(port, IPPROTO_TCP, TCP_KEEPIDLE) == 480);
    CHECK(option_of_peer(port, IPPROTO_TCP, TCP_KEEPINTVL) == 30);
    CHECK(option_of_peer(port, IPPROTO_TCP, TCP_KEEPCNT) == 4);
}

TEST_CASE("ConnectingToNobodyIsALoss") {
    ShardThread client(1);
    std::string answer;
    CHECK_THROWS_AS(client.run([&] { return exchange("127.0.0.1:1", "hello", answer); }), ConnectionLost);
    CHECK_THROWS_AS(client.run([&] { return exchange("localhost:1", "hello", answer); }), SocketError);
}
