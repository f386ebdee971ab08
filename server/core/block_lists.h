// Who has blocked whom (XEP-0191), in memory: a fact for policy, asked on every shard for every message.
#pragma once
#include <atomic>
#include <set>
#include <shared_mutex>
#include <string>
#include <unordered_map>

#include "base/task.h"
#include "storage/database.h"
#include "xmpp/jid.h"

namespace chancery {

/// Concurrency: every thread. Operation: all lists are loaded at start-up; a change is durable before it counts.
class BlockLists {
  public:
    explicit BlockLists(storage::Database& database);

    /// Whether `owner` (bare) has blocked `peer`: the full address, the bare one, or its domain (XEP-0191 §4).
    bool has_blocked(const Jid& owner, const Jid& peer) const;
    std::set<Jid> of(const Jid& owner) const;

    Task<> block(Jid owner, std::set<Jid> peers);
    /// An empty set unblocks everybody.
    Task<> unblock(Jid owner, std::set<Jid> peers);

  private:
    storage::Database& database_;
    mutable std::shared_mutex guard_;
    std::unordered_map<std::string, std::set<Jid>> lists_;
    std::atomic<std::size_t> owners_ = 0;  // so that the common case, nobody blocks anybody, takes no lock
};

}  // namespace chancery
