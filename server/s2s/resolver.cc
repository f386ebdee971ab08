// RFC 7673 §3: TLSA records count when the answers for service, host and records were all validated. An answer that could not
// be validated is a failure (the resolver says SERVFAIL), never "there are none": that server is not tried.
#include "s2s/resolver.h"

#include <algorithm>
#include <chrono>
#include <optional>
#include <tuple>

#include "base/bytes.h"
#include "base/crypto.h"
#include "s2s/dns_channel.h"
#include "xmpp/precis.h"

namespace chancery::s2s {
namespace {

using namespace std::chrono_literals;
using Instant = std::chrono::steady_clock::time_point;

constexpr auto answer_limit = 6s;  // for all that is asked about one domain
constexpr std::size_t most_records = 32, most_endpoints = 16;

std::uint64_t random_up_to(std::uint64_t most) { return get<std::uint64_t>(random_bytes(8).data()) % (most + 1); }

/// What was found out about one host.
struct Target {
    std::vector<std::string> addresses;
    std::vector<net::TlsaRecord> certificates;
    std::string failure;
    bool is_none = false;  ///< it is certain that it has no address
};

Target find_host(DnsChannel& channel, const ServiceRecord& record, Instant deadline) {
    HostAddresses host;
    channel.ask_for_host(record.host, host);
    channel.run(deadline);
    return {.addresses = std::move(host.addresses), .certificates = {}, .failure = std::move(host.failure), .is_none = host.is_none};
}

/// Of a service that was found securely.
Target find_host_and_certificates(DnsChannel& channel, const ServiceRecord& record, Instant deadline) {
    DnsAnswer four, six, certificates;
    channel.ask(record.host, DnsKind::a, four);
    channel.ask(record.host, DnsKind::aaaa, six);
    channel.run(deadline);
    Target target{.addresses = std::move(four.message.addresses), .certificates = {}, .failure = four.failure, .is_none = four.is_known() && six.is_known()};
    if (target.failure.empty()) target.failure = six.failure.empty() ? "DNS: there is no such host" : six.failure;
    target.addresses.insert(target.addresses.end(), six.message.addresses.begin(), six.message.addresses.end());
    const auto is_safe = [](const DnsAnswer& answer) { return answer.message.is_validated || !answer.is_known(); };
    if (target.addresses.empty() || !is_safe(four) || !is_safe(six)) return target;

    channel.ask("_" + std::to_string(record.port) + "._tcp." + record.host, DnsKind::tlsa, certificates);
    channel.run(deadline);
    if (!certificates.is_known()) return {.failure = certificates.failure + ", for the TLSA records of " + record.host};
    if (certificates.message.is_validated) target.certificates = std::move(certificates.message.certificates);
    return target;
}

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

Resolution resolve(const std::string& domain, const std::string& server, Dnssec dnssec) {
    Resolution found;
    const auto name = precis::ascii_domain(domain);
    if (!name) return {.endpoints = {}, .is_final = true, .failure = domain + " is no name that DNS could know"};
    DnsChannel channel(server);
    if (!channel) return {.endpoints = {}, .is_final = false, .failure = "DNS cannot be asked"};
    const auto deadline = std::chrono::steady_clock::now() + answer_limit;

    DnsAnswer starttls, direct;
    channel.ask("_xmpp-server._tcp." + *name, DnsKind::srv, starttls);
    channel.ask("_xmpps-server._tcp." + *name, DnsKind::srv, direct);
    channel.run(deadline);

    std::vector<ServiceRecord> records;
    const auto add = [&](const DnsAnswer& answer, bool direct_tls) {
        for (auto record : answer.message.services) {
            record.direct_tls = direct_tls;
            record.is_validated = answer.message.is_validated;
            if (records.size() < most_records) records.push_back(std::move(record));
        }
    };
    add(starttls, false);
    add(direct, true);
    const bool none_named = records.empty() && starttls.is_known() && direct.is_known();
    if (records.empty() && !none_named) return {.endpoints = {}, .is_final = false, .failure = starttls.is_known() ? direct.failure : starttls.failure};
    if (records.empty())  // RFC 6120 §3.2.2
        records.push_back({.host = *name, .port = 5269, .is_validated = starttls.message.is_validated && direct.message.is_validated});
    std::erase_if(records, [](const auto& each) { return each.host.empty(); });
    if (records.empty()) return {.endpoints = {}, .is_final = true, .failure = domain + " says that it has no server"};
    sort_by_chance(records, random_up_to);

    bool all_final = true;
    for (const auto& record : records) {
        const bool is_safe = dnssec == Dnssec::trusted && record.is_validated;
        const auto target = is_safe ? find_host_and_certificates(channel, record, deadline) : find_host(channel, record, deadline);
        if (target.addresses.empty()) found.failure = target.failure;
        if (target.addresses.empty() && !target.is_none) all_final = false;
        for (const auto& address : target.addresses)
            if (found.endpoints.size() < most_endpoints)
                found.endpoints.push_back({address + ":" + std::to_string(record.port), record.direct_tls, record.host, target.certificates});
    }
    found.is_final = found.endpoints.empty() && all_final && none_named;
    return found;
}

}  // namespace chancery::s2s
