// The changes to accounts: first in the database, then, once that is durable, in memory.
#include <algorithm>
#include <future>

#include "accounts/accounts.h"
#include "accounts/devices.h"
#include "xmpp/jid.h"
#include "xmpp/precis.h"

namespace chancery {
namespace {

bool is_role(std::string_view role) {
    return !role.empty() && std::ranges::all_of(role, [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_' || c == ':' ||
               c == '.';
    });
}

std::string joined(const std::vector<std::string>& roles) {
    std::string text;
    for (const auto& role : roles) text += (text.empty() ? "" : " ") + role;
    return text;
}

Result<std::vector<std::string>, AccountError> prepared_roles(std::vector<std::string> roles) {
    if (!std::ranges::all_of(roles, is_role)) return refusal(AccountError::bad_role);
    std::ranges::sort(roles);
    roles.erase(std::unique(roles.begin(), roles.end()), roles.end());
    return roles;
}

void insert(storage::Transaction& transaction, const AccountInfo& info, std::string_view sealed) {
    transaction.run("INSERT INTO account (name, roles, credentials, created_us) VALUES ($1, $2, $3, $4)",
                    info.name, joined(info.roles), storage::BlobView{sealed}, info.created);
}

bool was_removed(storage::Transaction& transaction, std::string_view name) {
    return transaction.one<std::int64_t>("SELECT count(*) FROM removed_account WHERE name = $1", name).value_or(0) > 0;
}

/// What the tables of all parts keep under the person's bare address.
void forget_person(storage::Transaction& transaction, const std::string& address) {
    transaction.run("DELETE FROM pubsub_item WHERE node IN (SELECT number FROM pubsub_node WHERE owner = $1)", address);
    transaction.run("DELETE FROM pubsub_affiliation WHERE node IN (SELECT number FROM pubsub_node WHERE owner = $1)", address);
    transaction.run("DELETE FROM pubsub_subscription WHERE node IN (SELECT number FROM pubsub_node WHERE owner = $1)", address);
    transaction.run("DELETE FROM pubsub_affiliation WHERE peer = $1", address);
    transaction.run("DELETE FROM pubsub_subscription WHERE peer = $1 OR substr(peer, 1, length($1) + 1) = $1 || '/'", address);
    transaction.run("DELETE FROM room_affiliation WHERE person = $1", address);
    for (const auto* table : {"roster", "roster_version", "block_list", "vcard", "private_storage", "last_activity", "away_message",
                              "push_target", "pubsub_node", "notice_seen"})
        transaction.run(std::string("DELETE FROM ") + table + " WHERE owner = $1", address);
}

}  // namespace

void Accounts::keep(Record record) {
    auto& shard = shard_of(record.info.name);
    const std::unique_lock lock(shard.guard);
    shard.records.insert_or_assign(record.info.name, std::move(record));
}

std::optional<std::string> Accounts::prepared_name(std::string_view typed) const {
    const auto jid = Jid::of(typed, domain_);
    if (!jid || jid->local().empty()) return std::nullopt;
    return std::string(jid->local());
}

std::optional<std::string> Accounts::sealed_credentials(std::string_view name, const Secret& password) const {
    auto prepared = precis::opaque_string(password.reveal());
    if (!prepared) return std::nullopt;
    const Secret secret(std::move(*prepared));
    const auto credentials = Credentials::derive(secret.reveal(), options_.hashes, options_.iterations);
    return seal(key_, name, credentials.pack());  // under the name: in the row of another they are nothing
}

Result<Accounts::Record, AccountError> Accounts::prepare(const NewAccount& account) const {
    const auto name = prepared_name(account.name);
    if (!name) return refusal(AccountError::bad_name);
    if (is_user(*name)) return refusal(AccountError::exists);
    auto roles = prepared_roles(account.roles);
    if (!roles) return refusal(roles.error());
    auto sealed = sealed_credentials(*name, account.password);
    if (!sealed) return refusal(AccountError::bad_password);
    return Record{{*name, std::move(*roles), std::nullopt, clock_(), std::nullopt}, std::move(*sealed)};
}

Accounts::Done Accounts::create_now(NewAccount account) {
    auto record = prepare(account);
    if (!record) return refusal(record.error());
    const std::lock_guard lock(change_guard_);
    if (is_user(record->info.name)) return refusal(AccountError::exists);
    const bool is_free = database_.write_now([&](storage::Transaction& transaction) {
        if (was_removed(transaction, record->info.name)) return false;
        insert(transaction, record->info, record->sealed);
        return true;
    });
    if (!is_free) return refusal(AccountError::removed);
    keep(std::move(*record));
    return {};
}

/// Calls `write(transaction, record)`, which changes the database and the record alike, and keeps the record.
template <class Write>
Accounts::Done Accounts::change(const std::string& typed_name, Write write) {
    const auto name = prepared_name(typed_name);
    if (!name) return refusal(AccountError::unknown);
    const std::lock_guard lock(change_guard_);
    auto record = record_of(*name);
    if (!record) return refusal(AccountError::unknown);
    database_.write_now([&](storage::Transaction& transaction) { write(transaction, *record); });
    // A log-on may have been noted meanwhile, and stays.
    auto& shard = shard_of(*name);
    const std::unique_lock shard_lock(shard.guard);
    auto& kept = shard.records.at(*name);
    record->info.last_logon = kept.info.last_logon;
    kept = std::move(*record);
    return {};
}

Accounts::Done Accounts::set_password_now(std::string name, Secret password) {
    const auto canonical = prepared_name(name);
    if (!canonical || !is_user(*canonical)) return refusal(AccountError::unknown);
    const auto sealed = sealed_credentials(*canonical, password);
    if (!sealed) return refusal(AccountError::bad_password);
    return change(name, [&](storage::Transaction& transaction, Record& record) {
        transaction.run("UPDATE account SET credentials = $2 WHERE name = $1", record.info.name,
                        storage::BlobView{*sealed});
        Devices::forget(transaction, record.info.name);  // the tokens that the old password has given
        record.sealed = *sealed;
    });
}

Accounts::Done Accounts::add_keys_now(std::string name, Hash hash, ScramKeys keys) {
    return change(name, [&](storage::Transaction& transaction, Record& record) {
        const auto packed = unseal(key_, record.info.name, record.sealed);
        auto credentials = packed ? Credentials::unpack(*packed) : std::nullopt;
        if (!credentials) throw storage::StorageError("the credentials of an account are damaged");
        credentials->set(hash, std::move(keys));
        record.sealed = seal(key_, record.info.name, credentials->pack());
        transaction.run("UPDATE account SET credentials = $2 WHERE name = $1", record.info.name,
                        storage::BlobView{record.sealed});
    });
}

Accounts::Done Accounts::set_roles_now(std::string name, std::vector<std::string> roles) {
    const auto prepared = prepared_roles(std::move(roles));
    if (!prepared) return refusal(prepared.error());
    return change(name, [&](storage::Transaction& transaction, Record& record) {
        transaction.run("UPDATE account SET roles = $2 WHERE name = $1", record.info.name, joined(*prepared));
        record.info.roles = *prepared;
    });
}

Accounts::Done Accounts::set_disabled_now(std::string name, std::optional<std::string> reason) {
    return change(name, [&](storage::Transaction& transaction, Record& record) {
        transaction.run("UPDATE account SET disabled_reason = $2 WHERE name = $1", record.info.name, reason);
        if (reason) Devices::forget(transaction, record.info.name);
        record.info.disabled_reason = reason;
    });
}

Accounts::Done Accounts::remove_now(std::string name) {
    const auto canonical = prepared_name(name);
    const std::lock_guard lock(change_guard_);
    if (!canonical || !is_user(*canonical)) return refusal(AccountError::unknown);
    database_.write_now([&](storage::Transaction& transaction) {
        transaction.run("DELETE FROM account WHERE name = $1", *canonical);
        transaction.run("INSERT INTO removed_account (name, removed_us) VALUES ($1, $2)", *canonical, clock_());
        Devices::forget(transaction, *canonical);
        Groups::forget(transaction, *canonical);
        forget_person(transaction, *canonical + "@" + domain_);
    });
    groups_.forgotten(*canonical);
    auto& shard = shard_of(*canonical);
    const std::unique_lock shard_lock(shard.guard);
    shard.records.erase(*canonical);
    return {};
}

Accounts::Done Accounts::release_now(std::string name) {
    const auto canonical = prepared_name(name);
    if (!canonical) return refusal(AccountError::unknown);
    const auto released = database_.write_now([&](storage::Transaction& transaction) {
        return transaction.run("DELETE FROM removed_account WHERE name = $1", *canonical);
    });
    if (released == 0) return refusal(AccountError::unknown);
    return {};
}

Task<Accounts::Done> Accounts::create(NewAccount account) {
    auto work = [this, account = std::move(account)]() mutable { return create_now(std::move(account)); };
    co_return co_await workers_.run(std::move(work));
}

Task<Accounts::Done> Accounts::set_password(std::string name, Secret password) {
    auto work = [this, name, password = std::move(password)] { return set_password_now(name, password); };
    co_return co_await workers_.run(std::move(work));
}

Task<Accounts::Done> Accounts::add_keys(std::string name, Hash hash, ScramKeys keys) {
    auto work = [this, name, hash, keys = std::move(keys)]() mutable { return add_keys_now(name, hash, std::move(keys)); };
    co_return co_await workers_.run(std::move(work));
}

Task<Accounts::Done> Accounts::set_roles(std::string name, std::vector<std::string> roles) {
    auto work = [this, name, roles] { return set_roles_now(name, roles); };
    co_return co_await workers_.run(std::move(work));
}

Task<Accounts::Done> Accounts::set_disabled(std::string name, std::optional<std::string> reason) {
    auto work = [this, name, reason] { return set_disabled_now(name, reason); };
    co_return co_await workers_.run(std::move(work));
}

Task<Accounts::Done> Accounts::remove(std::string name) {
    auto work = [this, name] { return remove_now(name); };
    co_return co_await workers_.run(std::move(work));
}

// ---- Many at once

std::vector<Result<Accounts::Record, AccountError>> Accounts::prepare_all(
    const std::vector<NewAccount>& accounts) const {
    std::vector<Result<Record, AccountError>> records(accounts.size(), refusal(AccountError::unknown));
    std::vector<std::future<void>> done;
    std::atomic<std::size_t> next = 0;
    const auto prepare_some = [&] {
        for (auto i = next++; i < accounts.size(); i = next++) records[i] = prepare(accounts[i]);
    };
    for (unsigned i = 0; i < std::max(1u, std::thread::hardware_concurrency()); ++i) {
        std::packaged_task<void()> share(prepare_some);
        done.push_back(share.get_future());
        workers_.post(std::move(share));
    }
    for (auto& share : done) share.wait();  // all of them, before anything that they use can go
    for (auto& share : done) share.get();
    return records;
}

Accounts::Imported Accounts::import_now(std::vector<NewAccount> accounts) {
    auto records = prepare_all(accounts);
    Imported result;
    std::vector<Record> good;
    std::unordered_map<std::string_view, bool> names;
    good.reserve(records.size());  // names are views into it
    const std::lock_guard lock(change_guard_);
    for (std::size_t i = 0; i < records.size(); ++i) {
        if (records[i] && (is_user(records[i]->info.name) || names.contains(records[i]->info.name)))
            records[i] = refusal(AccountError::exists);
        if (!records[i]) {
            result.refused.emplace_back(accounts[i].name, records[i].error());
            continue;
        }
        good.push_back(std::move(*records[i]));
        names.emplace(good.back().info.name, true);
    }
    std::vector<std::string> removed;
    database_.write_now([&](storage::Transaction& transaction) {
        for (const auto& record : good) {
            if (was_removed(transaction, record.info.name)) removed.push_back(record.info.name);
            else insert(transaction, record.info, record.sealed);
        }
    });
    for (auto& record : good) {
        const bool is_removed = std::ranges::find(removed, record.info.name) != removed.end();
        if (is_removed) result.refused.emplace_back(record.info.name, AccountError::removed);
        else ++result.created, keep(std::move(record));
    }
    return result;
}

// ---- Log-ons

void Accounts::note_logon(std::string_view name) {
    const auto now = clock_();
    {
        auto& shard = shard_of(name);
        const std::unique_lock lock(shard.guard);
        const auto found = shard.records.find(name);
        if (found == shard.records.end()) return;
        found->second.info.last_logon = now;
    }
    const std::lock_guard lock(logons_guard_);
    unsaved_logons_.insert_or_assign(std::string(name), now);
}

Task<> Accounts::save_logons() {
    std::map<std::string, Time> logons;
    {
        const std::lock_guard lock(logons_guard_);
        logons.swap(unsaved_logons_);
    }
    auto save = [logons](storage::Transaction& transaction) {
        for (const auto& [name, time] : logons)
            transaction.run("UPDATE account SET last_logon_us = $2 WHERE name = $1", name, time);
    };
    try {
        co_await database_.write(std::move(save));
    } catch (...) {
        const std::lock_guard lock(logons_guard_);
        unsaved_logons_.merge(logons);  // for the next time; newer ones stay
        throw;
    }
}

}  // namespace chancery
