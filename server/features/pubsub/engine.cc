#include "features/pubsub/engine.h"

namespace chancery::pubsub {
namespace {

constexpr std::size_t shared_nodes_factor = 10;  // limits.pubsub_nodes is of one person

}  // namespace

Engine::Engine(Host& host)
    : host_(host), store_(host.database(), derive_key(host.state_key(), "pubsub")), turns_(host.home_count()) {}

Settings Engine::defaults(const Jid& owner, std::string_view node) const {
    if (!is_personal(owner)) return shared_defaults();
    const auto found = private_.find(std::string(node));
    return found == private_.end() ? personal_defaults() : found->second;
}

void Engine::keep_private(std::string_view node, std::int64_t max_items) {
    private_.emplace(node, Settings{.access = Access::whitelist, .send_last = SendLast::never, .max_items = max_items});
}

Task<Engine::Turn> Engine::turn(Jid owner) {
    constexpr std::size_t many = 1'000;
    auto& turns = turns_[net::Shard::current().index()];
    if (turns.size() > many) std::erase_if(turns, [](const auto& entry) { return entry.second.expired(); });
    auto mutex = turns[owner].lock();
    if (!mutex) {
        mutex = std::make_shared<AsyncMutex>();
        turns[owner] = mutex;
    }
    auto guard = co_await mutex->lock();
    co_return Turn{std::move(mutex), std::move(guard)};
}

Task<Standing> Engine::standing(Jid owner, Jid who) {
    Standing standing;
    if (!host_.is_account(owner)) co_return standing;
    if (owner.bare_text() == who.bare_text()) co_return Standing{.sees_presence = true, .groups = {}};
    const auto look = [&standing, who = who.bare()](const Roster& roster) {
        const auto contact = roster.contacts.find(who);
        if (contact == roster.contacts.end()) return;
        standing = {.sees_presence = contact->second.subscription.from, .groups = contact->second.groups};
    };
    auto& there = host_.home_of(owner);
    auto read = there.read_roster(owner, look);
    co_await host_.visit(there, std::move(read));
    co_return standing;
}

Task<Result<void, StanzaError>> Engine::fits(Node node, std::vector<Item> items) {
    const auto& limits = host_.config().limits;
    const bool personal = is_personal(node.owner);
    std::vector<std::string> ids;
    std::size_t bytes = 0;
    for (const auto& item : items) {
        ids.push_back(item.id);
        bytes += item.id.size() + item.payload.size();
    }
    const auto usage = co_await store_.usage(node.owner, node.number, std::move(ids));
    const auto most_nodes = static_cast<std::size_t>(limits.pubsub_nodes) * (personal ? 1 : shared_nodes_factor);
    if (node.number == 0 && usage.nodes >= most_nodes)
        co_return refuse(Condition::resource_constraint, "There are " + std::to_string(most_nodes) + " nodes already, which is as many as may be.");
    const auto most_bytes = static_cast<std::size_t>(limits.pubsub_kib) * 1024;
    if (node.settings.persist && bytes > most_bytes)  // §7.1.3.5: in an empty node there would be no room either
        co_return std::unexpected(detailed(Condition::not_acceptable, "payload-too-big"));
    // A node that keeps one item makes room for the new one by itself.
    const auto kept = node.settings.max_items == 1 ? (personal ? usage.bytes - usage.bytes_of_node : 0) : (personal ? usage.bytes : usage.bytes_of_node);
    if (node.settings.persist && kept + bytes > most_bytes)
        co_return refuse(Condition::resource_constraint, "There is room for " + std::to_string(limits.pubsub_kib) + " KiB, which is used up.");
    co_return Result<void, StanzaError>();
}

Task<> Engine::put(Node node, std::vector<Item> items) {
    if (node.number == 0) node.number = co_await store_.save(node);
    for (auto& item : items) item.published = host_.now();
    const auto most = node.settings.max_items ? node.settings.max_items : most_items();
    if (node.settings.persist && !items.empty()) co_await store_.publish(node, items, static_cast<std::size_t>(most));
    Event event{.content = items_event(node, items)};
    if (!items.empty()) event = {std::move(event.content), publisher_of(items.front()), items.front().published};
    co_await notify(host_, node, std::move(event));
    co_await followed(std::move(node), std::move(items), {});
}

Task<> Engine::take_back(Node node, std::vector<std::string> ids, bool is_told) {
    co_await store_.retract(node.number, ids);
    if (is_told) {
        std::string content = "<items";
        xml::append_attribute(content, "node", node.name);
        content += ">";
        for (const auto& id : ids) {
            content += "<retract";
            xml::append_attribute(content, "id", id);
            content += "/>";
        }
        content += "</items>";
        co_await notify(host_, node, {.content = std::move(content)});
    }
    co_await followed(std::move(node), {}, std::move(ids));
}

Task<> Engine::take_away(Node node) {
    auto ids = co_await ids_of(node);
    co_await store_.remove(node.number);
    std::string content = "<delete";
    xml::append_attribute(content, "node", node.name);
    if (node.settings.notify_delete) co_await notify(host_, node, {.content = content + "/>"});  // §8.4.2
    co_await followed(std::move(node), {}, std::move(ids));
}

Task<> Engine::empty(Node node) {
    auto ids = co_await ids_of(node);
    co_await store_.purge(node.number);
    std::string content = "<purge";
    xml::append_attribute(content, "node", node.name);
    if (node.settings.notify_retract) co_await notify(host_, node, {.content = content + "/>"});  // §8.5.2
    co_await followed(std::move(node), {}, std::move(ids));
}

Task<> Engine::followed(Node node, std::vector<Item> published, std::vector<std::string> retracted) {
    const auto follower = followers_.find(node.name);
    if (follower == followers_.end() || !is_personal(node.owner)) co_return;
    const Change change{.node = node, .published = published, .retracted = retracted};
    co_await follower->second(host_, *this, change);
}

/// Of a node that is followed; nobody asks for those of others.
Task<std::vector<std::string>> Engine::ids_of(Node node) {
    std::vector<std::string> ids;
    if (!followers_.contains(node.name)) co_return ids;
    Wanted wanted{.most_bytes = static_cast<std::size_t>(-1)};
    const auto page = co_await store_.page(node, std::move(wanted));
    for (const auto& item : page.items) ids.push_back(item.id);
    co_return ids;
}

std::optional<Jid> publisher_of(const Item& item) {
    auto publisher = Jid::parse(item.publisher);
    return publisher ? std::optional(std::move(*publisher)) : std::nullopt;
}

std::string with_links(Host& host, std::string xml, const Item& item, const Jid& audience) {
    const auto publisher = publisher_of(item);
    return publisher ? host.with_links(std::move(xml), *publisher, item.published, audience) : xml;
}

std::string item_xml(const Node& node, const Item& item, bool with_payload) {
    std::string xml = "<item";
    xml::append_attribute(xml, "id", item.id);
    if (node.owner.local().empty()) xml::append_attribute(xml, "publisher", item.publisher);
    if (!with_payload || item.payload.empty()) return xml + "/>";
    return xml.append(">").append(item.payload).append("</item>");
}

std::string items_event(const Node& node, const std::vector<Item>& items) {
    std::string xml = "<items";
    xml::append_attribute(xml, "node", node.name);
    xml += ">";
    for (const auto& item : items) xml += item_xml(node, item, node.settings.deliver_payloads);
    return xml + "</items>";
}

}  // namespace chancery::pubsub
