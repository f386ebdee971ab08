// What administrators say of domains from a client (XEP-0133 §4.11, §4.12), beside the settings federation.domains and
// federation.blocked: it is true at once, and stands in state.db.
//
// Concurrency: every thread.
#pragma once
#include <map>
#include <set>
#include <shared_mutex>
#include <string>
#include <string_view>

#include "core/host.h"

namespace chancery::s2s {

class PartnerRules {
  public:
    enum class List { allowed, blocked };
    using Domains = std::set<std::string, std::less<>>;

    explicit PartnerRules(storage::Database& database);

    bool allows(std::string_view domain) const;
    /// Whether it, or what it is below of, is blocked.
    bool blocks(std::string_view domain) const;
    Domains of(List list) const;
    /// Durable before it counts. A domain stands in one list at most.
    Task<> replace(List list, Domains domains);

  private:
    storage::Database& database_;
    mutable std::shared_mutex guard_;
    Domains allowed_, blocked_;
};

class Service;
/// The commands that edit the lists, for administrators.
void add_partner_commands(Host& host, Service& federation);

}  // namespace chancery::s2s
