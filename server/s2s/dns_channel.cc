#define CARES_NO_DEPRECATED  // its newer names are missing in Debian 12
#include "s2s/dns_channel.h"

#include <ares.h>
#include <netdb.h>
#include <poll.h>

#include <mutex>

#include "base/bytes.h"
#include "base/crypto.h"

namespace chancery::s2s {
namespace {

constexpr int try_ms = 2'000, tries = 2;

std::string words(int status) { return std::string("DNS: ") + ares_strerror(status); }

void take_answer(void* wanted, int status, int, unsigned char* bytes, int size) {
    auto& answer = *static_cast<DnsAnswer*>(wanted);
    answer.failure = words(status);
    if (status != ARES_SUCCESS) return;
    auto message = DnsMessage::parse({reinterpret_cast<const char*>(bytes), static_cast<std::size_t>(size)});
    answer.failure = !message ? words(ARES_EBADRESP) : message->has_failed ? words(ARES_ESERVFAIL) : std::string();
    if (message) answer.message = std::move(*message);
}

void take_addresses(void* wanted, int status, int, ares_addrinfo* answer) {
    auto& host = *static_cast<HostAddresses*>(wanted);
    host.failure = words(status);
    host.is_none = status == ARES_ENOTFOUND || status == ARES_ENODATA;
    for (auto* node = answer ? answer->nodes : nullptr; node; node = node->ai_next) {
        char text[NI_MAXHOST] = "";
        if (::getnameinfo(node->ai_addr, node->ai_addrlen, text, sizeof text, nullptr, 0, NI_NUMERICHOST) != 0) continue;
        host.addresses.push_back(node->ai_family == AF_INET6 ? "[" + std::string(text) + "]" : text);
    }
    if (answer) ares_freeaddrinfo(answer);
}

}  // namespace

DnsChannel::DnsChannel(const std::string& server) {
    static std::once_flag once;
    std::call_once(once, [] { ares_library_init(ARES_LIB_INIT_ALL); });
    ares_options options{};
    options.timeout = try_ms;
    options.tries = tries;
    if (ares_init_options(&channel_, &options, ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES) != ARES_SUCCESS) channel_ = nullptr;
    if (channel_ && !server.empty()) ares_set_servers_ports_csv(channel_, server.c_str());
}

DnsChannel::~DnsChannel() {
    if (channel_) ares_destroy(channel_);
}

void DnsChannel::ask(const std::string& name, DnsKind kind, DnsAnswer& answer) {
    const auto question = dns_question(name, kind, get<std::uint16_t>(random_bytes(2).data()));
    if (question.empty()) answer.failure = words(ARES_EBADNAME);
    else ares_send(channel_, reinterpret_cast<const unsigned char*>(question.data()), static_cast<int>(question.size()), take_answer, &answer);
}

void DnsChannel::ask_for_host(const std::string& name, HostAddresses& answer) {
    ares_addrinfo_hints hints{};
    hints.ai_family = AF_UNSPEC;
    hints.ai_flags = ARES_AI_NOSORT;
    ares_getaddrinfo(channel_, name.c_str(), nullptr, &hints, take_addresses, &answer);
}

void DnsChannel::run(std::chrono::steady_clock::time_point deadline) {
    while (true) {
        ares_socket_t sockets[ARES_GETSOCK_MAXNUM];
        const int wanted = ares_getsock(channel_, sockets, ARES_GETSOCK_MAXNUM);
        if (wanted == 0) return;
        if (std::chrono::steady_clock::now() > deadline) return ares_cancel(channel_);
        std::vector<pollfd> polled;
        for (int i = 0; i < ARES_GETSOCK_MAXNUM; ++i) {
            short events = 0;
            if (ARES_GETSOCK_READABLE(wanted, i)) events |= POLLIN;
            if (ARES_GETSOCK_WRITABLE(wanted, i)) events |= POLLOUT;
            if (events) polled.push_back({sockets[i], events, 0});
        }
        constexpr int longest_ms = 200;
        const int ready = ::poll(polled.data(), polled.size(), longest_ms);
        if (ready <= 0) ares_process_fd(channel_, ARES_SOCKET_BAD, ARES_SOCKET_BAD);
        for (const auto& each : polled)
            if (each.revents)
                ares_process_fd(channel_, each.revents & ~POLLOUT ? each.fd : ARES_SOCKET_BAD, each.revents & POLLOUT ? each.fd : ARES_SOCKET_BAD);
    }
}

}  // namespace chancery::s2s
