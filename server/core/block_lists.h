// Who has blocked whom (XEP-0191), in memory: a fact for policy, asked on every shard for every message.
#pragma once
#include <atomic>
#include <set>
#include <shared_mutex>
#include <string>
#include <unordered_map>

#include "base/task.h"
#include "storage/database.h"
#include "xmpp/errors.h"
#include "xmpp/jid.h"

namespace chancery {

/// Whether the list has the address itself, the bare one, or its domain (XEP-0191 §4).
bool covers(const std::set<Jid>& list, const Jid& peer);

/// Concurrency: every thread. Operation: all lists are loaded at start-up; a change is durable before it counts.
class BlockLists {
  public:
    explicit BlockLists(storage::Database& database);

    /// Whether `peer` is covered by the list of `owner`. Never true of one's own devices and one's own server.
    bool has_blocked(const Jid& owner, const Jid& peer) const;
    /// Whether either has blocked the other.
    bool is_between(const Jid& one, const Jid& other) const;
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

/// What who writes to somebody they have blocked themselves is answered (XEP-0191 §3.3).
StanzaError blocked_by_sender();

}  // namespace chancery
