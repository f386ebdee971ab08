#include "accounts/accounts.h"

#include <algorithm>
#include <stdexcept>

#include "base/log.h"
#include "xmpp/jid.h"

namespace chancery {
namespace {

std::vector<std::string> split(std::string_view text) {
    std::vector<std::string> roles;
    while (!text.empty()) {
        const auto end = std::min(text.find(' '), text.size());
        roles.emplace_back(text.substr(0, end));
        text.remove_prefix(std::min(end + 1, text.size()));
    }
    return roles;
}

}  // namespace

std::string_view text(AccountError error) {
    switch (error) {
        case AccountError::bad_name: return "The name cannot be the local part of an address.";
        case AccountError::bad_password:
            return "The password is empty or has characters that passwords cannot have.";
        case AccountError::bad_role: return "A role is made of the letters a-z, digits and - _ : .";
        case AccountError::exists: return "The name is taken.";
        case AccountError::removed:
            return "The name was somebody else's. On record it is theirs; \"chancery user release\" lets it be given again.";
        case AccountError::unknown: return "There is no such account.";
    }
    std::abort();
}

Accounts::Accounts(storage::Database& database, Workers& workers, std::string domain, const Key& key,
                   Options options, Clock clock)
    : database_(database),
      workers_(workers),
      domain_(std::move(domain)),
      key_(derive_key(key, "chancery credentials of accounts")),
      options_(std::move(options)),
      clock_(std::move(clock)),
      groups_(database_, clock_),
      decoy_(seal(key_, {}, Credentials::derive("decoy", options_.hashes, 1).pack())) {
    const auto jid = Jid::of({}, domain_);
    if (!jid || jid->text() != domain_)
        throw std::invalid_argument("not a domain in its canonical form: " + domain_);
    load();
}

void Accounts::load() {
    using Text = std::optional<std::string>;
    database_.read_now([this](storage::Snapshot& snapshot) {
        const auto take = [this](std::string name, std::string_view roles, Text reason, Time created,
                                 std::optional<Time> last_logon, storage::BlobView sealed) {
            keep({{std::move(name), split(roles), std::move(reason), created, last_logon},
                  std::string(sealed.bytes)});
        };
        snapshot.each<std::string, std::string_view, Text, Time, std::optional<Time>, storage::BlobView>(
            "SELECT name, roles, disabled_reason, created_us, last_logon_us, credentials FROM account", take);
    });
}

const Accounts::Shard& Accounts::shard_of(std::string_view name) const {
    return shards_[std::hash<std::string_view>()(name) % shards_.size()];
}
Accounts::Shard& Accounts::shard_of(std::string_view name) {
    return shards_[std::hash<std::string_view>()(name) % shards_.size()];
}

bool Accounts::is_user(std::string_view name) const {
    const auto& shard = shard_of(name);
    const std::shared_lock lock(shard.guard);
    return shard.records.contains(name);
}

bool Accounts::is_enabled(std::string_view name) const {
    const auto& shard = shard_of(name);
    const std::shared_lock lock(shard.guard);
    const auto found = shard.records.find(name);
    return found != shard.records.end() && !found->second.info.disabled_reason;
}

bool Accounts::has_role(std::string_view name, std::string_view role) const {
    const auto& shard = shard_of(name);
    const std::shared_lock lock(shard.guard);
    const auto found = shard.records.find(name);
    return found != shard.records.end() && std::ranges::binary_search(found->second.info.roles, role);
}

std::optional<Accounts::Record> Accounts::record_of(std::string_view name) const {
    const auto& shard = shard_of(name);
    const std::shared_lock lock(shard.guard);
    const auto found = shard.records.find(name);
    if (found == shard.records.end()) return std::nullopt;
    return found->second;
}

std::optional<AccountInfo> Accounts::find(std::string_view name) const {
    auto record = record_of(name);
    if (!record) return std::nullopt;
    return std::move(record->info);
}

std::optional<Credentials> Accounts::credentials(std::string_view name) const {
    const auto record = record_of(name);
    const auto packed = record ? unseal(key_, name, record->sealed) : unseal(key_, {}, decoy_);
    auto credentials = packed ? Credentials::unpack(*packed) : std::nullopt;
    if (!record) return std::nullopt;
    if (!credentials) log::error("accounts.credentials_damaged", {{"name", name}});
    return credentials;
}

std::vector<AccountInfo> Accounts::list() const {
    std::vector<AccountInfo> all;
    for (const auto& shard : shards_) {
        const std::shared_lock lock(shard.guard);
        for (const auto& [name, record] : shard.records) all.push_back(record.info);
    }
    std::ranges::sort(all, {}, &AccountInfo::name);
    return all;
}

std::size_t Accounts::size() const {
    std::size_t total = 0;
    for (const auto& shard : shards_) {
        const std::shared_lock lock(shard.guard);
        total += shard.records.size();
    }
    return total;
}

std::size_t Accounts::without(Hash hash) const {
    std::size_t total = 0;
    for (const auto& info : list()) {
        const auto keys = credentials(info.name);
        if (!keys || !keys->find(hash)) ++total;
    }
    return total;
}

}  // namespace chancery
