#include "net/listener.h"

#include <fcntl.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "base/log.h"
#include "net/wait.h"

namespace chancery::net {
namespace {

constexpr int accepts_per_turn = 64;
constexpr int backlog = 4096;
constexpr auto pause_when_exhausted = 100ms;

void set(int fd, int level, int option, int value) { setsockopt(fd, level, option, &value, sizeof value); }

/// A peer that vanished is noticed after ten minutes: long enough not to wake a telephone's radio for
/// nothing.
void set_connection_options(int fd) {
    set(fd, IPPROTO_TCP, TCP_NODELAY, 1);
    set(fd, SOL_SOCKET, SO_KEEPALIVE, 1);
    set(fd, IPPROTO_TCP, TCP_KEEPIDLE, 480);
    set(fd, IPPROTO_TCP, TCP_KEEPINTVL, 30);
    set(fd, IPPROTO_TCP, TCP_KEEPCNT, 4);
}

int open_reserve() { return open("/dev/null", O_RDONLY | O_CLOEXEC); }

}  // namespace

Listener::Listener(Shard& shard, std::string_view text, bool reuse_port, Accepted accepted)
    : shard_(shard), accepted_(std::move(accepted)) {
    const auto address = Address::parse(text);
    const auto fail = [&] {
        const std::string cause = std::strerror(errno);
        close();
        return SocketError("cannot listen on " + std::string(text) + ": " + cause);
    };
    fd_ = socket(address.family(), SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd_ < 0) throw fail();
    set(fd_, SOL_SOCKET, SO_REUSEADDR, 1);
    set_connection_options(fd_);  // the connections that are accepted inherit them
    if (reuse_port) set(fd_, SOL_SOCKET, SO_REUSEPORT, 1);
    if (address.family() == AF_INET6) set(fd_, IPPROTO_IPV6, IPV6_V6ONLY, 0);
    if (bind(fd_, address.get(), address.size()) != 0 || listen(fd_, backlog) != 0) throw fail();
    reserve_ = open_reserve();
    shard_.watch(fd_, EPOLLIN, *this);
}

Listener::~Listener() { close(); }

void Listener::close() {
    resume_.unlink();
    if (fd_ >= 0) {
        shard_.unwatch(fd_, *this);
        ::close(std::exchange(fd_, -1));
    }
    if (reserve_ >= 0) ::close(std::exchange(reserve_, -1));
}

std::uint16_t Listener::port() const { return Address::local_of(fd_).port(); }

void Listener::ready(std::uint32_t) {
    // The callback may close this listener, but not destroy it.
    for (int accepted = 0; accepted < accepts_per_turn && fd_ >= 0; ++accepted)
        if (!accept_one()) return;
}

bool Listener::accept_one() {
    const int fd = accept4(fd_, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd >= 0) {
        accepted_(std::make_unique<Connection>(fd, Address::peer_of(fd)));
        return true;
    }
    switch (errno) {
        case EAGAIN: return false;
        case EMFILE:
        case ENFILE: return refuse_one(), false;
        case ENOBUFS:
        case ENOMEM: return pause(), false;
        default: return true;  // the peer gave up before it was accepted, and the like: accept(2)
    }
}

void Listener::refuse_one() {
    log::warning("net.descriptors_exhausted");
    if (reserve_ < 0) return pause();
    ::close(std::exchange(reserve_, -1));
    const int fd = accept4(fd_, nullptr, nullptr, SOCK_CLOEXEC);
    if (fd >= 0) ::close(fd);
    reserve_ = open_reserve();
    if (fd < 0) pause();
}

void Listener::pause() {
    shard_.rewatch(fd_, 0, *this);
    shard_.start_timer(resume_, shard_.after(pause_when_exhausted));
}

void Listener::resume() {
    if (reserve_ < 0) reserve_ = open_reserve();
    shard_.rewatch(fd_, EPOLLIN, *this);
}

namespace {

/// Waits until the connection is made or refused.
class ConnectAwaiter final : Pollable {
  public:
    explicit ConnectAwaiter(int fd) : shard_(Shard::current()), fd_(fd) {}
    ~ConnectAwaiter() { shard_.unwatch(fd_, *this); }
    bool await_ready() const noexcept { return false; }
    void await_suspend(std::coroutine_handle<> waiter) {
        waiter_ = waiter;
        shard_.watch(fd_, EPOLLOUT | EPOLLET, *this);
    }
    void await_resume() { shard_.unwatch(fd_, *this); }

  private:
    void ready(std::uint32_t) override { waiter_.resume(); }
    Shard& shard_;
    const int fd_;
    std::coroutine_handle<> waiter_;
};

Task<> connected(int fd) {
    ConnectAwaiter end(fd);
    co_await end;
}

struct Socket {
    int fd;
    ~Socket() {
        if (fd >= 0) ::close(fd);
    }
};

}  // namespace

Task<std::unique_ptr<Connection>> connect(std::string text, std::chrono::milliseconds limit) {
    const auto address = Address::parse(text);
    Socket socket{::socket(address.family(), SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)};
    if (socket.fd < 0) throw SocketError(std::strerror(errno));
    set_connection_options(socket.fd);
    int error = ::connect(socket.fd, address.get(), address.size()) == 0 ? 0 : errno;
    if (error == EINPROGRESS) {
        auto wait = connected(socket.fd);
        co_await within(limit, std::move(wait));
        socklen_t size = sizeof error;
        getsockopt(socket.fd, SOL_SOCKET, SO_ERROR, &error, &size);
    }
    if (error) throw ConnectionLost("connect to " + text + ": " + std::strerror(error));
    co_return std::make_unique<Connection>(std::exchange(socket.fd, -1), address);
}

}  // namespace chancery::net
