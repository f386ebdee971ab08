// c-ares, one channel for each question, driven from a thread that may wait.
#define CARES_NO_DEPRECATED  // its newer names are missing in Debian 12
#include "s2s/resolver.h"

#include <ares.h>
#include <arpa/nameser.h>
#include <netdb.h>
#include <poll.h>

#include <algorithm>
#include <chrono>
#include <memory>
#include <mutex>
#include <optional>
#include <tuple>

#include "base/bytes.h"
#include "base/crypto.h"
#include "net/address.h"
#include "xmpp/precis.h"

namespace chancery::s2s {
namespace {

using namespace std::chrono_literals;

constexpr auto answer_limit = 6s;                     // for all that is asked about one domain
constexpr int try_ms = 2'000, tries = 2;
constexpr std::size_t most_records = 16, most_endpoints = 16;

class Channel {
  public:
    explicit Channel(const std::string& server) {
        static std::once_flag once;
        std::call_once(once, [] { ares_library_init(ARES_LIB_INIT_ALL); });
        ares_options options{};
        options.timeout = try_ms;
        options.tries = tries;
        if (ares_init_options(&channel_, &options, ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES) != ARES_SUCCESS) channel_ = nullptr;
        if (channel_ && !server.empty()) ares_set_servers_ports_csv(channel_, server.c_str());
    }
    ~Channel() {
        if (channel_) ares_destroy(channel_);
    }
    Channel(const Channel&) = delete;
    explicit operator bool() const { return channel_ != nullptr; }
    ares_channel get() const { return channel_; }

    /// Until every question is answered, or the deadline has passed, which answers the rest.
    void run(std::chrono::steady_clock::time_point deadline) {
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
                    ares_process_fd(channel_, each.revents & ~POLLOUT ? each.fd : ARES_SOCKET_BAD,
                                    each.revents & POLLOUT ? each.fd : ARES_SOCKET_BAD);
        }
    }

  private:
    ares_channel channel_ = nullptr;
};

bool says_there_is_none(int status) { return status == ARES_ENOTFOUND || status == ARES_ENODATA; }

struct Services {
    bool direct_tls = false;
    int status = ARES_ETIMEOUT;
    std::vector<ServiceRecord> records;
};

void take_services(void* wanted, int status, int, unsigned char* answer, int size) {
    auto& services = *static_cast<Services*>(wanted);
    services.status = status;
    if (status != ARES_SUCCESS) return;
    ares_srv_reply* list = nullptr;
    services.status = ares_parse_srv_reply(answer, size, &list);
    for (auto* each = list; each && services.records.size() < most_records; each = each->next)
        services.records.push_back({each->host, each->port, each->priority, each->weight, services.direct_tls});
    if (list) ares_free_data(list);
}

struct Addresses {
    int status = ARES_ETIMEOUT;
    std::vector<std::string> hosts;  // as net::Address has them before the colon
};

void take_addresses(void* wanted, int status, int, ares_addrinfo* answer) {
    auto& addresses = *static_cast<Addresses*>(wanted);
    addresses.status = status;
    for (auto* node = answer ? answer->nodes : nullptr; node; node = node->ai_next) {
        char host[NI_MAXHOST] = "";
        if (::getnameinfo(node->ai_addr, node->ai_addrlen, host, sizeof host, nullptr, 0, NI_NUMERICHOST) != 0) continue;
        addresses.hosts.push_back(node->ai_family == AF_INET6 ? "[" + std::string(host) + "]" : host);
    }
    if (answer) ares_freeaddrinfo(answer);
}

std::uint64_t random_up_to(std::uint64_t most) { return get<std::uint64_t>(random_bytes(8).data()) % (most + 1); }

std::string words(int status) { return std::string("DNS: ") + ares_strerror(status); }

}  // namespace

/// RFC 2782: of those that are left, each is chosen next with a chance that follows from its weight.
void sort_by_chance(std::vector<ServiceRecord>& records, std::uint64_t (*chance)(std::uint64_t most)) {
    std::ranges::sort(records, {}, [](const auto& each) { return std::tuple(each.priority, each.weight != 0, each.direct_tls, each.host); });
    for (auto first = records.begin(); first != records.end(); ++first) {
        std::uint64_t sum = 0;
        auto end = first;
        for (; end != records.end() && end->priority == first->priority; ++end) sum += end->weight;
        const auto drawn = chance(sum);
        std::uint64_t running = 0;
        auto chosen = first;
        for (auto each = first; each != end; ++each) {
            running += each->weight;
            chosen = each;
            if (running >= drawn) break;
        }
        std::rotate(first, chosen, chosen + 1);
    }
}

Resolution resolve(const std::string& domain, const std::string& server) {
    Resolution found;
    const auto name = precis::ascii_domain(domain);
    if (!name) return {.endpoints = {}, .is_final = true, .failure = domain + " is no name that DNS could know"};
    Channel channel(server);
    if (!channel) return {.endpoints = {}, .is_final = false, .failure = "DNS cannot be asked"};
    const auto deadline = std::chrono::steady_clock::now() + answer_limit;

    Services starttls, direct{.direct_tls = true};
    const auto ask = [&](const std::string& service, Services& answer) {
        ares_query(channel.get(), (service + "." + *name).c_str(), ns_c_in, ns_t_srv, take_services, &answer);
    };
    ask("_xmpp-server._tcp", starttls);
    ask("_xmpps-server._tcp", direct);
    channel.run(deadline);

    auto records = starttls.records;
    records.insert(records.end(), direct.records.begin(), direct.records.end());
    const bool none_named = says_there_is_none(starttls.status) && says_there_is_none(direct.status);
    if (records.empty() && !none_named)
        return {.endpoints = {}, .is_final = false, .failure = words(says_there_is_none(starttls.status) ? direct.status : starttls.status)};
    if (records.empty()) records.push_back({.host = *name, .port = 5269});  // RFC 6120 §3.2.2
    std::erase_if(records, [](const auto& each) { return each.host.empty() || each.host == "."; });
    if (records.empty()) return {.endpoints = {}, .is_final = true, .failure = domain + " says that it has no server"};
    sort_by_chance(records, random_up_to);

    bool all_final = true;
    int last = ARES_ENOTFOUND;
    for (const auto& record : records) {
        Addresses addresses;
        ares_addrinfo_hints hints{};
        hints.ai_family = AF_UNSPEC;
        hints.ai_flags = ARES_AI_NOSORT;
        ares_getaddrinfo(channel.get(), record.host.c_str(), nullptr, &hints, take_addresses, &addresses);
        channel.run(deadline);
        if (addresses.hosts.empty()) last = addresses.status;
        if (addresses.hosts.empty() && !says_there_is_none(addresses.status)) all_final = false;
        for (const auto& host : addresses.hosts)
            if (found.endpoints.size() < most_endpoints)
                found.endpoints.push_back({host + ":" + std::to_string(record.port), record.direct_tls});
    }
    if (found.endpoints.empty()) {
        found.is_final = all_final && none_named;
        found.failure = words(last);
    }
    return found;
}

}  // namespace chancery::s2s
