#include "core/block_lists.h"

#include <mutex>

namespace chancery {

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
    const std::shared_lock lock(guard_);
    const auto list = lists_.find(std::string(owner.bare_text()));
    if (list == lists_.end()) return false;
    const auto domain = Jid::of("", peer.domain());
    return list->second.contains(peer) || list->second.contains(peer.bare()) || (domain && list->second.contains(*domain));
}

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

}  // namespace chancery
