// Groups of accounts: a department, a shift, a committee. Others refer to a group by its name; who is in it is said here alone.
//
// Operation. As with accounts, the database holds the groups and all of them are in memory as well: which groups somebody is in may be
// asked for every message. Who is removed is in no group any more (Accounts::remove_now); who is disabled stays.
// Names. A group has the name that it was given, spaces included; "legal department" and "Legal Department" are one group (RFC 8266 §2.4).
// Concurrency. Every function may be called on every thread. What ends in _now blocks, for the command line and for workers.
#pragma once
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <shared_mutex>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "storage/database.h"

namespace chancery {

struct Group {
    std::string name;                // as it was given
    Time created{};
    std::set<std::string> members;   // names of accounts
};

/// Why a change to a group was refused.
enum class GroupError { bad_name, unknown, unknown_person };
std::string_view text(GroupError error);

class Groups {
  public:
    static constexpr std::size_t name_limit_bytes = 200;

    /// Loads all groups. @throws storage::StorageError
    Groups(storage::Database& database, Clock clock);
    Groups(const Groups&) = delete;

    // What is asked: from memory, never blocks. Groups by their names as people type them, accounts by their prepared ones.

    std::optional<Group> find(std::string_view group) const;
    /// All groups by name.
    std::vector<Group> list() const;
    /// The names of the groups that somebody is in, sorted.
    std::vector<std::string> of(std::string_view account) const;

    // What is changed: durable when it returns, and then true for every reader.

    /// What a change has done, and what was so before.
    struct Changed {
        std::string group;                    // its name as it was given
        std::vector<std::string> now, before; // of accounts
    };
    /// True: it is new. False: there is one of that name already.
    Result<bool, GroupError> add_now(std::string_view group);
    /// How it was.
    Result<Group, GroupError> remove_now(std::string_view group);
    /// All of them or, if one has no account, nobody.
    Result<Changed, GroupError> add_members_now(std::string_view group, const std::set<std::string>& accounts);
    Result<Changed, GroupError> remove_members_now(std::string_view group, const std::set<std::string>& accounts);

  private:
    friend class Accounts;
    /// An account is removed: in the caller's transaction, and once that is durable.
    static void forget(storage::Transaction& transaction, std::string_view account);
    void forgotten(const std::string& account);

    void load();
    void put_in(const std::string& key, const std::string& account);
    void take_out(const std::string& key, const std::string& account);
    Result<std::string, GroupError> existing(std::string_view group) const;

    storage::Database& database_;
    const Clock clock_;
    std::mutex change_guard_;  // one change at a time, so that memory and database agree
    mutable std::shared_mutex guard_;
    std::map<std::string, Group> groups_;                                 // by key
    std::map<std::string, std::set<std::string>, std::less<>> keys_of_;   // by account
};

}  // namespace chancery
