#include "s2s/partners.h"

#include <charconv>

#include "net/address.h"
#include "net/error.h"
#include "xmpp/jid.h"
#include "xmpp/precis.h"

namespace chancery::s2s {
namespace {

[[noreturn]] void fail(std::string_view setting, const std::string& what) {
    throw ConfigError("setting federation." + std::string(setting) + ": " + what);
}

std::string canonical(std::string_view setting, std::string_view text) {
    const auto jid = Jid::parse(text);
    if (!jid || !jid->is_domain()) fail(setting, std::string(text) + " is not a domain");
    return jid->text();
}

Endpoint endpoint(const std::string& setting, std::string_view text) {
    constexpr std::string_view direct = "tls:";
    const bool is_direct = text.starts_with(direct);
    if (is_direct) text.remove_prefix(direct.size());
    try {
        net::Address::parse(text);
    } catch (const net::SocketError& error) {
        fail(setting, error.what());
    }
    return {.address = std::string(text), .direct_tls = is_direct};
}

}  // namespace

DomainSet::DomainSet(std::string_view setting, const std::vector<std::string>& entries) {
    for (const auto& entry : entries) {
        if (entry == "*") all_ = true;
        else if (entry.starts_with("*.")) below_.insert(canonical(setting, std::string_view(entry).substr(2)));
        else exact_.insert(canonical(setting, entry));
    }
}

bool DomainSet::has(std::string_view domain) const {
    if (all_ || exact_.contains(domain)) return true;
    for (auto dot = domain.find('.'); dot != domain.npos; dot = domain.find('.', dot + 1))
        if (below_.contains(domain.substr(dot + 1))) return true;
    return false;
}

bool DomainSet::covers(std::string_view domain) const {
    if (has(domain)) return true;
    for (auto dot = domain.find('.'); dot != domain.npos; dot = domain.find('.', dot + 1))
        if (exact_.contains(domain.substr(dot + 1))) return true;
    return false;
}

Partners::Partners(const FederationSettings& settings)
    : allowed_("domains", settings.domains), blocked_("blocked", settings.blocked),
      dialback_("dialback", settings.dialback), rates_(numbers_in("rates", settings.rates, 100'000)),
      targets_(numbers_in("targets", settings.targets, 1'000'000)), failures_(numbers_in("failures", settings.failures, 100)),
      limits_{settings.stanzas_per_second, settings.targets_per_minute, settings.failure_percent} {
    for (const auto& [domain, address] : settings.hosts)
        endpoints_.emplace(canonical("hosts", domain), endpoint("hosts." + domain, address));
    for (const auto& [name, address] : settings.posh_hosts) {
        const auto host = precis::ascii_domain(name);
        if (!host) fail("posh_hosts", name + " is no host name");
        web_hosts_.emplace(*host, endpoint("posh_hosts." + name, address).address);
    }
}

Partners::Numbers Partners::numbers_in(std::string_view setting, const std::map<std::string, std::string>& entries, std::int64_t most) {
    Numbers numbers;
    for (const auto& [domain, text] : entries) {
        std::int64_t number = 0;
        const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
        if (error != std::errc() || end != text.data() + text.size() || number < 1 || number > most)
            fail(std::string(setting) + "." + domain, "a whole number from 1 to " + std::to_string(most) + " is expected");
        numbers.emplace(canonical(setting, domain), number);
    }
    return numbers;
}

std::int64_t Partners::number_of(const Numbers& numbers, std::string_view domain, std::int64_t otherwise) {
    const auto found = numbers.find(domain);
    return found == numbers.end() ? otherwise : found->second;
}

std::optional<Endpoint> Partners::endpoint_of(std::string_view domain) const {
    const auto found = endpoints_.find(domain);
    return found == endpoints_.end() ? std::nullopt : std::optional(found->second);
}

Meter::Limits Partners::limits_of(std::string_view domain) const {
    return {.stanzas_per_second = number_of(rates_, domain, limits_.stanzas_per_second),
            .targets_per_minute = number_of(targets_, domain, limits_.targets_per_minute),
            .failure_percent = number_of(failures_, domain, limits_.failure_percent)};
}

}  // namespace chancery::s2s
