#include "core/host.h"

#include "core/privileged.h"

namespace chancery {
namespace {

Jid required_domain(const std::string& domain) {
    auto jid = Jid::parse(domain);
    if (!jid || !jid->is_domain()) throw ConfigError("setting domain: " + domain + " is not a valid domain");
    return *jid;
}

}  // namespace

Host::Host(Parts parts)
    : parts_(std::move(parts)), domain_jid_(required_domain(parts_.config.domain)), started_(parts_.now()),
      stanza_ids_(parts_.state_key), rosters_(parts_.database, derive_key(parts_.state_key, "rosters")),
      block_lists_(parts_.database) {
    keep(std::make_shared<Privileged>());
}

void Host::advertise(At at, std::string_view feature) {
    if (has(at, At::server)) server_features_.emplace(feature);
    if (has(at, At::own)) account_features_.emplace(feature);
}

const std::set<std::string, std::less<>>& Host::features(At at) const {
    return at == At::server ? server_features_ : account_features_;
}

std::vector<Host::Item> Host::items(const Jid& asking, std::string_view node) {
    const auto list = item_lists_.find(node);
    return list == item_lists_.end() ? std::vector<Item>() : list->second(*this, asking);
}

Task<> Host::visit(Home& there, Task<> work) {
    auto& origin = net::Shard::current();
    if (&there.shard() == &origin) co_return co_await work;
    std::exception_ptr failure;
    co_await net::hop(there.shard());
    try {
        co_await work;
    } catch (...) {
        failure = std::current_exception();  // thrown again where the task belongs
    }
    co_await net::hop(origin);
    if (failure) std::rethrow_exception(failure);
}

Task<bool> Host::may_see(Jid watcher, Jid target) {
    if (is_account(watcher)) {
        const auto granted = co_await subscription_of(watcher, target.bare());
        co_return granted.to;
    }
    if (!is_account(target)) co_return false;
    const auto granted = co_await subscription_of(target, watcher.bare());
    co_return granted.from;
}

/// Read at the home of `owner`, and told where it was asked.
Task<Subscription> Host::subscription_of(Jid owner, Jid contact) {
    Subscription found;
    auto& there = home_of(owner);
    auto read = there.read_subscription(owner, contact, found);
    co_await visit(there, std::move(read));
    co_return found;
}

void Host::add_home(net::Shard& shard) { homes_.push_back(std::make_unique<Home>(*this, shard)); }

std::size_t Host::home_index(const Jid& jid) const {
    return std::hash<std::string_view>()(jid.bare_text()) % homes_.size();
}

std::optional<Time> Host::since_of(const Jid& person) const {
    const auto account = is_local(person) ? parts_.accounts.find(person.local()) : std::nullopt;
    return account ? std::optional(account->created) : std::nullopt;
}

std::size_t Host::session_count() const {
    std::size_t count = 0;
    for (const auto& home : homes_) count += home->session_count();
    return count;
}

}  // namespace chancery
