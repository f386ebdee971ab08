#include "load/loop.h"

#include <sys/epoll.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <system_error>

#include "load/client.h"

namespace chancery::load {
namespace {

volatile std::sig_atomic_t interrupted = 0;

}  // namespace

Loop::Loop() : epoll_(epoll_create1(EPOLL_CLOEXEC)) {
    if (epoll_ < 0) throw std::system_error(errno, std::generic_category(), "epoll_create1");
    std::signal(SIGPIPE, SIG_IGN);
    for (int signal : {SIGINT, SIGTERM}) std::signal(signal, [](int) { interrupted = 1; });
}

Loop::~Loop() { close(epoll_); }

void Loop::watch(int socket, Client& client) {
    epoll_event event{.events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET, .data = {.ptr = &client}};
    if (epoll_ctl(epoll_, EPOLL_CTL_ADD, socket, &event) != 0)
        throw std::system_error(errno, std::generic_category(), "epoll_ctl");
}

void Loop::turn(std::chrono::milliseconds limit) {
    std::array<epoll_event, 256> events;
    const int wait = due_.empty() ? static_cast<int>(limit.count()) : 0;
    const int count = epoll_wait(epoll_, events.data(), events.size(), wait);
    if (interrupted) throw Interrupted();
    for (int i = 0; i < count; ++i) {
        auto& client = *static_cast<Client*>(events[static_cast<std::size_t>(i)].data.ptr);
        const auto what = events[static_cast<std::size_t>(i)].events;
        if (what & EPOLLOUT) client.on_writable();
        if (what & (EPOLLIN | EPOLLRDHUP | EPOLLHUP | EPOLLERR)) client.on_readable();
    }
    sending_.swap(due_);
    for (auto* client : sending_) client->flush();
    sending_.clear();
}

}  // namespace chancery::load
