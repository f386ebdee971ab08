#include "s2s/partners.h"

#include <charconv>

#include "net/address.h"
#include "net/error.h"
#include "xmpp/jid.h"

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

Endpoint endpoint(const std::string& domain, std::string_view text) {
    constexpr std::string_view direct = "tls:";
    const bool is_direct = text.starts_with(direct);
    if (is_direct) text.remove_prefix(direct.size());
    try {
        net::Address::parse(text);
    } catch (const net::SocketError& error) {
        fail("hosts." + domain, error.what());
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
      dialback_("dialback", settings.dialback), stanzas_per_second_(settings.stanzas_per_second) {
    for (const auto& [domain, address] : settings.hosts)
        endpoints_.emplace(canonical("hosts", domain), endpoint(domain, address));
    for (const auto& [domain, text] : settings.rates) {
        std::int64_t rate = 0;
        const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), rate);
        if (error != std::errc() || end != text.data() + text.size() || rate < 1)
            fail("rates." + domain, "a whole number above 0 is expected");
        rates_.emplace(canonical("rates", domain), rate);
    }
}

std::optional<Endpoint> Partners::endpoint_of(std::string_view domain) const {
    const auto found = endpoints_.find(domain);
    return found == endpoints_.end() ? std::nullopt : std::optional(found->second);
}

std::int64_t Partners::stanzas_per_second(std::string_view domain) const {
    const auto found = rates_.find(domain);
    return found == rates_.end() ? stanzas_per_second_ : found->second;
}

}  // namespace chancery::s2s
