#include "accounts/groups.h"

#include <algorithm>
#include <utility>

#include "xmpp/precis.h"

namespace chancery {

std::string_view text(GroupError error) {
    switch (error) {
        case GroupError::bad_name: return "A group's name has letters, digits, signs and single spaces, and at most 200 bytes.";
        case GroupError::unknown: return "There is no such group.";
        case GroupError::unknown_person: return "There is no such account.";
    }
    std::abort();
}

Groups::Groups(storage::Database& database, Clock clock) : database_(database), clock_(std::move(clock)) { load(); }

void Groups::load() {
    database_.read_now([this](storage::Snapshot& snapshot) {
        snapshot.each<std::string, std::string, Time>("SELECT key, name, created_us FROM people_group", [this](std::string key, std::string name, Time created) {
            groups_.emplace(std::move(key), Group{std::move(name), created, {}});
        });
        snapshot.each<std::string, std::string>("SELECT people_group, account FROM people_group_member", [this](std::string key, std::string account) {
            if (groups_.contains(key)) put_in(key, account);
        });
    });
}

void Groups::put_in(const std::string& key, const std::string& account) {
    groups_.at(key).members.insert(account);
    keys_of_[account].insert(key);
}

void Groups::take_out(const std::string& key, const std::string& account) {
    groups_.at(key).members.erase(account);
    const auto found = keys_of_.find(account);
    if (found == keys_of_.end()) return;
    found->second.erase(key);
    if (found->second.empty()) keys_of_.erase(found);
}

std::optional<Group> Groups::find(std::string_view group) const {
    const auto key = precis::compared_nickname(group);
    if (!key) return std::nullopt;
    const std::shared_lock lock(guard_);
    const auto found = groups_.find(*key);
    return found == groups_.end() ? std::nullopt : std::optional(found->second);
}

std::vector<Group> Groups::list() const {
    const std::shared_lock lock(guard_);
    std::vector<Group> all;
    for (const auto& [key, group] : groups_) all.push_back(group);
    return all;
}

std::vector<std::string> Groups::of(std::string_view account) const {
    const std::shared_lock lock(guard_);
    std::vector<std::string> names;
    if (const auto found = keys_of_.find(account); found != keys_of_.end())
        for (const auto& key : found->second) names.push_back(groups_.at(key).name);
    return names;
}

/// The key of a group that is there, while the caller holds change_guard_.
Result<std::string, GroupError> Groups::existing(std::string_view group) const {
    const auto key = precis::compared_nickname(group);
    if (!key || !groups_.contains(*key)) return refusal(GroupError::unknown);
    return *key;
}

Result<bool, GroupError> Groups::add_now(std::string_view group) {
    const auto name = precis::nickname(group);
    const auto key = precis::compared_nickname(group);
    if (!name || !key || name->size() > name_limit_bytes) return refusal(GroupError::bad_name);
    const std::lock_guard lock(change_guard_);
    if (groups_.contains(*key)) return false;
    const auto now = clock_();
    database_.write_now([&](storage::Transaction& transaction) {
        transaction.run("INSERT INTO people_group (key, name, created_us) VALUES ($1, $2, $3)", *key, *name, now);
    });
    const std::unique_lock change(guard_);
    groups_.emplace(*key, Group{*name, now, {}});
    return true;
}

Result<Group, GroupError> Groups::remove_now(std::string_view group) {
    const std::lock_guard lock(change_guard_);
    const auto key = existing(group);
    if (!key) return refusal(key.error());
    database_.write_now([&](storage::Transaction& transaction) {
        transaction.run("DELETE FROM people_group_member WHERE people_group = $1", *key);
        transaction.run("DELETE FROM people_group WHERE key = $1", *key);
    });
    const std::unique_lock change(guard_);
    auto removed = groups_.at(*key);
    for (const auto& account : removed.members) take_out(*key, account);
    groups_.erase(*key);
    return removed;
}

Result<Groups::Changed, GroupError> Groups::add_members_now(std::string_view group, const std::set<std::string>& accounts) {
    const std::lock_guard lock(change_guard_);
    const auto key = existing(group);
    if (!key) return refusal(key.error());
    const bool all_are_there = database_.write_now([&](storage::Transaction& transaction) {
        // Asked here, since somebody may be removed meanwhile.
        for (const auto& account : accounts)
            if (!transaction.one<std::int64_t>("SELECT 1 FROM account WHERE name = $1", account)) return false;
        for (const auto& account : accounts)
            transaction.run("INSERT INTO people_group_member (people_group, account) VALUES ($1, $2) ON CONFLICT DO NOTHING", *key, account);
        return true;
    });
    if (!all_are_there) return refusal(GroupError::unknown_person);
    const std::unique_lock change(guard_);
    Changed changed{.group = groups_.at(*key).name, .now = {}, .before = {}};
    for (const auto& account : accounts) {
        (groups_.at(*key).members.contains(account) ? changed.before : changed.now).push_back(account);
        put_in(*key, account);
    }
    return changed;
}

Result<Groups::Changed, GroupError> Groups::remove_members_now(std::string_view group, const std::set<std::string>& accounts) {
    const std::lock_guard lock(change_guard_);
    const auto key = existing(group);
    if (!key) return refusal(key.error());
    database_.write_now([&](storage::Transaction& transaction) {
        for (const auto& account : accounts)
            transaction.run("DELETE FROM people_group_member WHERE people_group = $1 AND account = $2", *key, account);
    });
    const std::unique_lock change(guard_);
    Changed changed{.group = groups_.at(*key).name, .now = {}, .before = {}};
    for (const auto& account : accounts) {
        (groups_.at(*key).members.contains(account) ? changed.now : changed.before).push_back(account);
        take_out(*key, account);
    }
    return changed;
}

void Groups::forget(storage::Transaction& transaction, std::string_view account) {
    transaction.run("DELETE FROM people_group_member WHERE account = $1", account);
}

void Groups::forgotten(const std::string& account) {
    const std::lock_guard lock(change_guard_);  // behind a change that may have put them in just before
    const std::unique_lock change(guard_);
    const auto found = keys_of_.find(account);
    if (found == keys_of_.end()) return;
    for (const auto& key : std::set(found->second)) take_out(key, account);
}

}  // namespace chancery
