#include "features/pubsub/store.h"

#include <algorithm>
#include <limits>

#include "base/crypto.h"

namespace chancery::pubsub {
namespace {

constexpr auto any_number = std::numeric_limits<std::int64_t>::max();

std::string context(const Jid& owner, std::string_view node) { return "pubsub:" + owner.text() + "\n" + std::string(node); }
std::string context(const Node& node, std::string_view item) { return context(node.owner, node.name) + "\n" + std::string(item); }

storage::Blob sealed_settings(const Key& key, const Node& node) {
    const auto form = form_of("submit", config_form, fields_of(node.settings));
    return {seal(key, context(node.owner, node.name), form.to_string())};
}

Settings open_settings(const Key& key, const Jid& owner, const std::string& name, const storage::Blob& sealed) {
    const auto text = unseal(key, context(owner, name), sealed.bytes);
    const auto form = text ? xml::Element::parse(*text) : Result<xml::Element, xml::Fault>(std::unexpected(xml::Fault()));
    const auto fields = form ? fields_of(*form, config_form) : refuse(Condition::undefined_condition);
    Settings settings;
    if (!fields || !apply(settings, *fields, any_number))
        throw storage::StorageError("the settings of the node " + name + " of " + owner.text() + " cannot be read");
    return settings;
}

using Row = std::tuple<std::int64_t, std::string, std::string, storage::Blob>;  // number, owner, name, settings

Node node_of(const Key& key, const Row& row) {
    const auto& [number, owner_text, name, settings] = row;
    const auto owner = Jid::parse(owner_text);
    if (!owner) throw storage::StorageError("a node belongs to " + owner_text + ", which is no address");
    return {.number = number, .owner = *owner, .name = name, .settings = open_settings(key, *owner, name, settings)};
}

void read_people(storage::Snapshot& snapshot, Node& node) {
    for (const auto& [peer, name] : snapshot.rows<std::string, std::string>("SELECT peer, affiliation FROM pubsub_affiliation WHERE node = $1", node.number)) {
        const auto jid = Jid::parse(peer);
        const auto affiliation = affiliation_named(name);
        if (jid && affiliation) node.affiliations.emplace(*jid, *affiliation);
    }
    for (const auto& [peer, id, is_pending] : snapshot.rows<std::string, std::string, int>(
             "SELECT peer, id, is_pending FROM pubsub_subscription WHERE node = $1", node.number))
        if (const auto jid = Jid::parse(peer)) (is_pending ? node.pending : node.subscriptions).emplace(*jid, id);
}

constexpr auto item_columns = "SELECT id, publisher, published_us, payload FROM pubsub_item WHERE node = $1 AND ";

std::optional<Item> read_item(storage::Snapshot& snapshot, std::int64_t node, const std::string& id) {
    auto row = snapshot.row<std::string, std::string, Time, storage::Blob>(std::string(item_columns) + "id = $2", node, id);
    if (!row) return std::nullopt;
    auto& [found, publisher, published, payload] = *row;
    return Item{.id = found, .payload = std::move(payload.bytes), .publisher = publisher, .published = published};
}

void drop_oldest(storage::Transaction& tx, std::int64_t node, std::size_t kept) {
    tx.run("DELETE FROM pubsub_item WHERE node = $1 AND place NOT IN"
           " (SELECT place FROM pubsub_item WHERE node = $1 ORDER BY place DESC LIMIT $2)", node, static_cast<std::int64_t>(kept));
}

/// From which on and up to which of the ids, in order, are wanted.
std::pair<std::size_t, std::size_t> range_of(const std::vector<std::string>& ids, const Wanted& wanted, bool& unknown_id) {
    const auto place = [&](const std::string& id) {
        const auto found = std::ranges::find(ids, id);
        if (found == ids.end()) unknown_id = true;
        return static_cast<std::size_t>(found - ids.begin());
    };
    std::size_t first = 0, end = ids.size();
    if (wanted.after) first = std::min(place(*wanted.after) + 1, ids.size());
    if (wanted.before) end = std::max(place(*wanted.before), first);
    if (wanted.most && end - first > wanted.most) {
        if (wanted.from_end) first = end - wanted.most;
        else end = first + wanted.most;
    }
    return {first, end};
}

}  // namespace

Task<std::optional<Node>> Store::node(Jid owner, std::string name) {
    const auto work = [key = key_, owner, name](storage::Snapshot& snapshot) -> std::optional<Node> {
        const auto row = snapshot.row<std::int64_t, std::string, std::string, storage::Blob>(
            "SELECT number, owner, name, settings FROM pubsub_node WHERE owner = $1 AND name = $2", owner.text(), name);
        if (!row) return std::nullopt;
        auto node = node_of(key, *row);
        read_people(snapshot, node);
        return node;
    };
    co_return co_await database_.read(work);
}

Task<std::vector<Node>> Store::nodes(Jid owner) {
    const auto work = [key = key_, owner](storage::Snapshot& snapshot) {
        std::vector<Node> nodes;
        for (const auto& row : snapshot.rows<std::int64_t, std::string, std::string, storage::Blob>(
                 "SELECT number, owner, name, settings FROM pubsub_node WHERE owner = $1 ORDER BY name", owner.text())) {
            nodes.push_back(node_of(key, row));
            read_people(snapshot, nodes.back());
        }
        return nodes;
    };
    co_return co_await database_.read(work);
}

Task<std::vector<Node>> Store::nodes(std::vector<Jid> owners, std::vector<std::string> names) {
    const auto work = [key = key_, owners = std::move(owners), names = std::move(names)](storage::Snapshot& snapshot) {
        std::vector<Node> nodes;
        for (const auto& owner : owners)
            for (const auto& row : snapshot.rows<std::int64_t, std::string, std::string, storage::Blob>(
                     "SELECT number, owner, name, settings FROM pubsub_node WHERE owner = $1 ORDER BY name", owner.text())) {
                if (!std::ranges::binary_search(names, std::get<2>(row))) continue;
                nodes.push_back(node_of(key, row));
                read_people(snapshot, nodes.back());
            }
        return nodes;
    };
    co_return co_await database_.read(work);
}

Task<Usage> Store::usage(Jid owner, std::int64_t node, std::vector<std::string> replaced) {
    const auto work = [owner, node, replaced = std::move(replaced)](storage::Snapshot& snapshot) {
        const auto count = [&](std::string_view sql, const auto&... values) {
            return static_cast<std::size_t>(snapshot.one<std::int64_t>(sql, values...).value_or(0));
        };
        Usage usage{.nodes = count("SELECT COUNT(*) FROM pubsub_node WHERE owner = $1", owner.text()),
                    .bytes = count("SELECT COALESCE(SUM(LENGTH(id) + LENGTH(payload)), 0) FROM pubsub_item WHERE node IN"
                                   " (SELECT number FROM pubsub_node WHERE owner = $1)", owner.text()),
                    .bytes_of_node = count("SELECT COALESCE(SUM(LENGTH(id) + LENGTH(payload)), 0) FROM pubsub_item WHERE node = $1", node)};
        for (const auto& id : replaced) {
            const auto freed = count("SELECT LENGTH(id) + LENGTH(payload) FROM pubsub_item WHERE node = $1 AND id = $2", node, id);
            usage.bytes -= freed;
            usage.bytes_of_node -= freed;
        }
        return usage;
    };
    co_return co_await database_.read(work);
}

Task<std::int64_t> Store::save(Node node) {
    const auto work = [settings = sealed_settings(key_, node), node](storage::Transaction& tx) {
        if (node.number == 0) {
            tx.run("INSERT INTO pubsub_node (owner, name, settings) VALUES ($1, $2, $3)", node.owner.text(), node.name, settings);
            return *tx.one<std::int64_t>("SELECT number FROM pubsub_node WHERE owner = $1 AND name = $2", node.owner.text(), node.name);
        }
        tx.run("UPDATE pubsub_node SET settings = $2 WHERE number = $1", node.number, settings);
        if (!node.settings.persist) tx.run("DELETE FROM pubsub_item WHERE node = $1", node.number);
        else if (node.settings.max_items) drop_oldest(tx, node.number, static_cast<std::size_t>(node.settings.max_items));
        return node.number;
    };
    co_return co_await database_.write(work);
}

Task<> Store::remove(std::int64_t node) {
    const auto work = [node](storage::Transaction& tx) {
        for (const auto sql : {"DELETE FROM pubsub_item WHERE node = $1", "DELETE FROM pubsub_affiliation WHERE node = $1",
                               "DELETE FROM pubsub_subscription WHERE node = $1", "DELETE FROM pubsub_node WHERE number = $1"})
            tx.run(sql, node);
    };
    co_await database_.write(work);
}

Task<> Store::publish(Node node, std::vector<Item> items, std::size_t most) {
    for (auto& item : items) item.payload = seal(key_, context(node, item.id), item.payload);
    const auto work = [number = node.number, items = std::move(items), most](storage::Transaction& tx) {
        auto place = *tx.one<std::int64_t>("SELECT COALESCE(MAX(place), 0) FROM pubsub_item WHERE node = $1", number);
        for (const auto& item : items)
            tx.run("INSERT INTO pubsub_item (node, id, place, publisher, published_us, payload) VALUES ($1, $2, $3, $4, $5, $6)"
                   " ON CONFLICT (node, id) DO UPDATE SET place = $3, publisher = $4, published_us = $5, payload = $6",
                   number, item.id, ++place, item.publisher, item.published, storage::BlobView{item.payload});
        drop_oldest(tx, number, most);
    };
    co_await database_.write(work);
}

Task<> Store::retract(std::int64_t node, std::vector<std::string> ids) {
    const auto work = [node, ids = std::move(ids)](storage::Transaction& tx) {
        for (const auto& id : ids) tx.run("DELETE FROM pubsub_item WHERE node = $1 AND id = $2", node, id);
    };
    co_await database_.write(work);
}

Task<> Store::purge(std::int64_t node) {
    const auto work = [node](storage::Transaction& tx) { tx.run("DELETE FROM pubsub_item WHERE node = $1", node); };
    co_await database_.write(work);
}

Item Store::open(const Node& node, Item sealed) const {
    auto payload = unseal(key_, context(node, sealed.id), sealed.payload);
    if (!payload) throw storage::StorageError("an item of the node " + node.name + " of " + node.owner.text() + " cannot be unsealed");
    sealed.payload = std::move(*payload);
    return sealed;
}

Task<Page> Store::page(Node node, Wanted wanted) {
    const auto work = [number = node.number, wanted](storage::Snapshot& snapshot) {
        Page page;
        std::vector<std::string> ids;
        for (auto& [id] : snapshot.rows<std::string>("SELECT id FROM pubsub_item WHERE node = $1 ORDER BY place", number)) ids.push_back(std::move(id));
        page.count = ids.size();
        auto [first, end] = wanted.ids.empty() ? range_of(ids, wanted, page.unknown_id) : std::pair<std::size_t, std::size_t>(0, wanted.ids.size());
        const auto& chosen = wanted.ids.empty() ? ids : wanted.ids;
        std::size_t bytes = 0;
        const bool backwards = wanted.from_end && wanted.ids.empty();
        while (first < end && bytes < wanted.most_bytes) {
            auto item = read_item(snapshot, number, backwards ? chosen[--end] : chosen[first++]);
            if (!item) continue;
            bytes += item->payload.size();
            page.items.push_back(std::move(*item));
        }
        if (backwards) std::ranges::reverse(page.items);
        if (!page.items.empty() && wanted.ids.empty())
            page.index = static_cast<std::size_t>(std::ranges::find(ids, page.items.front().id) - ids.begin());
        return page;
    };
    auto page = co_await database_.read(work);
    for (auto& item : page.items) item = open(node, std::move(item));
    co_return page;
}

Task<std::vector<std::pair<Node, Item>>> Store::last(std::vector<Node> nodes) {
    const auto work = [nodes = std::move(nodes)](storage::Snapshot& snapshot) {
        std::vector<std::pair<Node, Item>> found;
        for (const auto& node : nodes) {
            const auto id = snapshot.one<std::string>("SELECT id FROM pubsub_item WHERE node = $1 ORDER BY place DESC LIMIT 1", node.number);
            auto item = id ? read_item(snapshot, node.number, *id) : std::nullopt;
            if (item) found.emplace_back(node, std::move(*item));
        }
        return found;
    };
    auto found = co_await database_.read(work);
    for (auto& [node, item] : found) item = open(node, std::move(item));
    co_return found;
}

Task<> Store::affiliate(std::int64_t node, Jid peer, Affiliation affiliation) {
    const auto work = [node, peer, affiliation](storage::Transaction& tx) {
        if (affiliation == Affiliation::none) tx.run("DELETE FROM pubsub_affiliation WHERE node = $1 AND peer = $2", node, peer.text());
        else
            tx.run("INSERT INTO pubsub_affiliation (node, peer, affiliation) VALUES ($1, $2, $3)"
                   " ON CONFLICT (node, peer) DO UPDATE SET affiliation = $3", node, peer.text(), name_of(affiliation));
    };
    co_await database_.write(work);
}

Task<> Store::subscribe(std::int64_t node, Jid peer, std::string id, bool is_pending) {
    const auto work = [node, peer, id, is_pending](storage::Transaction& tx) {
        if (id.empty()) tx.run("DELETE FROM pubsub_subscription WHERE node = $1 AND peer = $2", node, peer.text());
        else
            tx.run("INSERT INTO pubsub_subscription (node, peer, id, is_pending) VALUES ($1, $2, $3, $4)"
                   " ON CONFLICT (node, peer) DO UPDATE SET id = $3, is_pending = $4", node, peer.text(), id, is_pending ? 1 : 0);
    };
    co_await database_.write(work);
}

}  // namespace chancery::pubsub
