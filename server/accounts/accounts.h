// The people who may sign in: their names, roles, state and credentials.
//
// Operation. The database holds the accounts; all of them are in memory as well, so that a sign-in and the
// question whether somebody exists, asked for every message, need no query. Credentials stay sealed in both.
//
// Concurrency. Every function may be called on every thread. What ends in _now blocks, for the command line
// and for workers; the task of the same name does it on a worker. Readers take a shared lock of one of many
// shards of the table for nanoseconds.
//
// Limits. About 500 bytes of memory for each account.
#pragma once
#include <array>
#include <map>
#include <mutex>
#include <optional>
#include <shared_mutex>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include "accounts/credentials.h"
#include "accounts/groups.h"
#include "base/result.h"
#include "base/secret.h"
#include "base/task.h"
#include "base/time.h"
#include "storage/database.h"

namespace chancery {

struct AccountInfo {
    std::string name;                            // the local part
    std::vector<std::string> roles;              // sorted
    std::optional<std::string> disabled_reason;  // set: may not sign in
    Time created{};
    std::optional<Time> last_logon;
};

struct NewAccount {
    std::string name;
    Secret password;
    std::vector<std::string> roles;
};

/// Why a change to an account was refused.
enum class AccountError { bad_name, bad_password, bad_role, exists, removed, unknown };
std::string_view text(AccountError error);

class Accounts {
  public:
    struct Options {
        /// Each costs PBKDF2 once for a new password; a mechanism works for accounts that have keys of its
        /// hash.
        std::vector<Hash> hashes = {Hash::sha256};
        /// XEP-0438 §7 asks for 10,000 or more. The client pays at every sign-in, the server for a new
        /// password only.
        int iterations = 10'000;
    };
    struct Imported {
        std::size_t created = 0;
        std::vector<std::pair<std::string, AccountError>> refused;
    };

    /// Loads all accounts. `key` seals the credentials. `domain` is the host that the accounts belong to.
    /// @throws storage::StorageError
    /// @throws std::invalid_argument  `domain` is not one.
    Accounts(storage::Database& database, Workers& workers, std::string domain, const Key& key,
             Options options, Clock clock = system_now);

    const std::string& domain() const { return domain_; }
    const Options& options() const { return options_; }
    Groups& groups() { return groups_; }

    // What is asked: from memory, never blocks. Names are prepared local parts (Jid::local).

    /// Whether the account exists, disabled or not.
    bool is_user(std::string_view name) const;
    bool is_enabled(std::string_view name) const;
    bool has_role(std::string_view name, std::string_view role) const;
    std::optional<AccountInfo> find(std::string_view name) const;
    /// Takes as long for a name that does not exist.
    std::optional<Credentials> credentials(std::string_view name) const;
    /// All accounts by name.
    std::vector<AccountInfo> list() const;
    std::size_t size() const;
    /// How many have no keys of the hash: a password set while it was not among Options::hashes. Opens every
    /// account's credentials: for the start.
    std::size_t without(Hash hash) const;

    // What is changed: durable when it returns, and then true for every reader. Names and passwords as people
    // typed them.

    using Done = Result<void, AccountError>;
    Done create_now(NewAccount account);
    /// The tokens of all devices end with the old password.
    Done set_password_now(std::string name, Secret password);
    /// Keys of the same password under one more hash, or in place of those under it (XEP-0480).
    Done add_keys_now(std::string name, Hash hash, ScramKeys keys);
    Done set_roles_now(std::string name, std::vector<std::string> roles);
    /// With a reason: may not sign in from now on; running sessions are the caller's to end. Without: may
    /// again.
    Done set_disabled_now(std::string name, std::optional<std::string> reason);
    /// Forgets the account and all that was kept for it. Its name stays taken, so that on record it is one person's.
    Done remove_now(std::string name);
    /// The name of a removed account may be given again.
    Done release_now(std::string name);
    /// Creates many at once on all workers, in one transaction. Blocks: for the command line, not for a
    /// worker.
    Imported import_now(std::vector<NewAccount> accounts);

    Task<Done> create(NewAccount account);
    Task<Done> set_password(std::string name, Secret password);
    Task<Done> add_keys(std::string name, Hash hash, ScramKeys keys);
    Task<Done> set_roles(std::string name, std::vector<std::string> roles);
    Task<Done> set_disabled(std::string name, std::optional<std::string> reason);
    Task<Done> remove(std::string name);

    /// Remembers the moment; save_logons() makes it durable, for all that signed in since the last time.
    void note_logon(std::string_view name);
    Task<> save_logons();

  private:
    struct Record {
        AccountInfo info;
        std::string sealed;
    };
    struct TextHash {
        using is_transparent = void;
        std::size_t operator()(std::string_view text) const { return std::hash<std::string_view>()(text); }
    };
    struct alignas(64) Shard {
        mutable std::shared_mutex guard;
        std::unordered_map<std::string, Record, TextHash, std::equal_to<>> records;
    };

    const Shard& shard_of(std::string_view name) const;
    Shard& shard_of(std::string_view name);
    std::optional<Record> record_of(std::string_view name) const;
    void keep(Record record);
    template <class Write>
    Done change(const std::string& typed_name, Write write);
    void load();
    std::optional<std::string> prepared_name(std::string_view typed) const;
    Result<Record, AccountError> prepare(const NewAccount& account) const;
    std::vector<Result<Record, AccountError>> prepare_all(const std::vector<NewAccount>& accounts) const;
    std::optional<std::string> sealed_credentials(std::string_view name, const Secret& password) const;

    storage::Database& database_;
    Workers& workers_;
    const std::string domain_;
    const Key key_;
    const Options options_;
    const Clock clock_;
    Groups groups_;
    const std::string decoy_;  // sealed credentials of nobody
    std::mutex change_guard_;  // one change at a time, so that memory and database agree
    std::array<Shard, 64> shards_;
    std::mutex logons_guard_;
    std::map<std::string, Time> unsaved_logons_;
};

}  // namespace chancery
