#include "s2s/partner_rules.h"

#include <mutex>

namespace chancery::s2s {

PartnerRules::PartnerRules(storage::Database& database) : database_(database) {
    const auto rows = database.read_now([](storage::Snapshot& snapshot) {
        return snapshot.rows<std::string, int>("SELECT domain, is_blocked FROM partner_rule");
    });
    for (const auto& [domain, is_blocked] : rows) (is_blocked ? blocked_ : allowed_).insert(domain);
}

bool PartnerRules::allows(std::string_view domain) const {
    const std::shared_lock lock(guard_);
    return allowed_.contains(domain);
}

bool PartnerRules::blocks(std::string_view domain) const {
    const std::shared_lock lock(guard_);
    if (blocked_.empty()) return false;
    if (blocked_.contains(domain)) return true;
    for (auto dot = domain.find('.'); dot != domain.npos; dot = domain.find('.', dot + 1))
        if (blocked_.contains(domain.substr(dot + 1))) return true;
    return false;
}

PartnerRules::Domains PartnerRules::of(List list) const {
    const std::shared_lock lock(guard_);
    return list == List::allowed ? allowed_ : blocked_;
}

Task<> PartnerRules::replace(List list, Domains domains) {
    const int is_blocked = list == List::blocked;
    const auto write = [domains, is_blocked](storage::Transaction& transaction) {
        transaction.run("DELETE FROM partner_rule WHERE is_blocked = $1", is_blocked);
        for (const auto& domain : domains)
            transaction.run("INSERT INTO partner_rule (domain, is_blocked) VALUES ($1, $2) ON CONFLICT (domain) DO UPDATE SET is_blocked = excluded.is_blocked",
                            domain, is_blocked);
    };
    co_await database_.write(write);
    const std::unique_lock lock(guard_);
    auto& other = list == List::allowed ? blocked_ : allowed_;
    for (const auto& domain : domains) other.erase(domain);
    (list == List::allowed ? allowed_ : blocked_) = std::move(domains);
}

}  // namespace chancery::s2s
