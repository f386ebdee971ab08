#include "core/block_lists.h"

#include <mutex>

namespace chancery {
namespace {

/// XEP-0191 §5: not one's own devices; and not one's own server, whatever of its domain is blocked.
bool can_never_be_blocked(const Jid& owner, const Jid& peer) {
    return owner.bare_text() == peer.bare_text() || (peer.local().empty() && peer.domain() == owner.domain());
}

}  // namespace

bool covers(const std::set<Jid>& list, const Jid& peer) {
    if (list.contains(peer) || list.contains(peer.bare())) return true;
    const auto domain = Jid::of("", peer.domain());
    return domain && list.contains(*domain);
}

BlockLists::BlockLists(storage::Database& database) : database_(database) {
    const auto load = [](storage::Snapshot& snapshot) {
        return snapshot.rows<std::string, std::string>("SELECT owner, peer FROM block_list");
    };
    for (const auto& [owner, peer] : database_.read_now(load))
        if (auto jid = Jid::parse(peer)) lists_[owner].insert(*jid);
    owners_ = lists_.size();
}

bool BlockLists::has_blocked(const Jid& owner, const Jid& peer) const {
    if (owners_.load(std::memory_order_relaxed) == 0) return false;
    if (can_never_be_blocked(owner, peer)) return false;
    const std::shared_lock lock(guard_);
    const auto list = lists_.find(std::string(owner.bare_text()));
    return list != lists_.end() && covers(list->second, peer);
}

bool BlockLists::is_between(const Jid& one, const Jid& other) const { return has_blocked(one, other) || has_blocked(other, one); }

std::set<Jid> BlockLists::of(const Jid& owner) const {
    const std::shared_lock lock(guard_);
    const auto list = lists_.find(std::string(owner.bare_text()));
    return list == lists_.end() ? std::set<Jid>() : list->second;
}

Task<> BlockLists::block(Jid owner, std::set<Jid> peers) {
    const auto insert = [owner = owner.text(), peers](storage::Transaction& tx) {
        for (const auto& peer : peers)
            tx.run("INSERT INTO block_list (owner, peer) VALUES ($1, $2) ON CONFLICT DO NOTHING", owner, peer.text());
    };
    co_await database_.write(insert);
    const std::unique_lock lock(guard_);
    lists_[owner.text()].insert(peers.begin(), peers.end());
    owners_ = lists_.size();
}

Task<> BlockLists::unblock(Jid owner, std::set<Jid> peers) {
    const auto remove = [owner = owner.text(), peers](storage::Transaction& tx) {
        if (peers.empty()) tx.run("DELETE FROM block_list WHERE owner = $1", owner);
        for (const auto& peer : peers) tx.run("DELETE FROM block_list WHERE owner = $1 AND peer = $2", owner, peer.text());
    };
    co_await database_.write(remove);
    const std::unique_lock lock(guard_);
    auto& list = lists_[owner.text()];
    if (peers.empty()) list.clear();
    for (const auto& peer : peers) list.erase(peer);
    if (list.empty()) lists_.erase(owner.text());
    owners_ = lists_.size();
}

StanzaError blocked_by_sender() {
    return {Condition::not_acceptable, "You have blocked this person.", "cancel", "<blocked xmlns='urn:xmpp:blocking:errors'/>"};
}

}  // namespace chancery
