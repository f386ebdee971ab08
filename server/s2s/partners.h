// With which domains stanzas are exchanged: the settings federation.* as questions. Nobody is a partner unless they say so.
//
// Immutable: on every thread.
#pragma once
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>

#include "base/federation_settings.h"
#include "s2s/endpoint.h"
#include "s2s/meter.h"

namespace chancery::s2s {

/// A set of domains as settings name them: "a.example" itself, "*.a.example" what is below it, "*" every one.
class DomainSet {
  public:
    DomainSet() = default;
    /// @throws ConfigError  an entry is no domain.
    DomainSet(std::string_view setting, const std::vector<std::string>& entries);
    bool has(std::string_view domain) const;
    /// Whether it, or what it is below of, is named.
    bool covers(std::string_view domain) const;
    bool empty() const { return !all_ && exact_.empty() && below_.empty(); }

  private:
    bool all_ = false;
    std::set<std::string, std::less<>> exact_, below_;
};

class Partners {
  public:
    /// @throws ConfigError
    explicit Partners(const FederationSettings& settings);

    bool none() const { return allowed_.empty(); }
    bool allows(std::string_view domain) const { return allowed_.has(domain) && !blocked_.covers(domain); }
    /// Whether the settings say that it never is one.
    bool blocks(std::string_view domain) const { return blocked_.covers(domain); }
    /// Whether DNS is proof enough of who the domain is (XEP-0220).
    bool trusts_dns(std::string_view domain) const { return dialback_.has(domain); }
    /// Where the domain is, if a setting says it.
    std::optional<Endpoint> endpoint_of(std::string_view domain) const;
    /// Of web sites with documents about certificates (federation.posh_hosts).
    const std::map<std::string, std::string>& web_hosts() const { return web_hosts_; }
    /// What the domain may send, as the settings say it of all or of this one.
    Meter::Limits limits_of(std::string_view domain) const;

  private:
    DomainSet allowed_, blocked_, dialback_;
    std::map<std::string, Endpoint, std::less<>> endpoints_;
    std::map<std::string, std::string> web_hosts_;
    using Numbers = std::map<std::string, std::int64_t, std::less<>>;
    static Numbers numbers_in(std::string_view setting, const std::map<std::string, std::string>& entries, std::int64_t most);
    static std::int64_t number_of(const Numbers& numbers, std::string_view domain, std::int64_t otherwise);
    Numbers rates_, targets_, failures_;
    Meter::Limits limits_;
};

}  // namespace chancery::s2s
