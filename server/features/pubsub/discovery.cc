// XEP-0030 of nodes: what there is, as far as the asking person may read it (XEP-0060 §5).

#include "features/pubsub/request.h"

namespace chancery::pubsub {

const std::vector<std::string_view> features_of_all_nodes{
    "http://jabber.org/protocol/pubsub",
    "http://jabber.org/protocol/pubsub#access-authorize",
    "http://jabber.org/protocol/pubsub#access-open",
    "http://jabber.org/protocol/pubsub#access-whitelist",
    "http://jabber.org/protocol/pubsub#config-node",
    "http://jabber.org/protocol/pubsub#config-node-max",
    "http://jabber.org/protocol/pubsub#create-and-configure",
    "http://jabber.org/protocol/pubsub#create-nodes",
    "http://jabber.org/protocol/pubsub#delete-items",
    "http://jabber.org/protocol/pubsub#delete-nodes",
    "http://jabber.org/protocol/pubsub#instant-nodes",
    "http://jabber.org/protocol/pubsub#item-ids",
    "http://jabber.org/protocol/pubsub#last-published",
    "http://jabber.org/protocol/pubsub#manage-subscriptions",
    "http://jabber.org/protocol/pubsub#member-affiliation",
    "http://jabber.org/protocol/pubsub#meta-data",
    "http://jabber.org/protocol/pubsub#modify-affiliations",
    "http://jabber.org/protocol/pubsub#multi-items",
    "http://jabber.org/protocol/pubsub#outcast-affiliation",
    "http://jabber.org/protocol/pubsub#persistent-items",
    "http://jabber.org/protocol/pubsub#publish",
    "http://jabber.org/protocol/pubsub#publish-options",
    "http://jabber.org/protocol/pubsub#publisher-affiliation",
    "http://jabber.org/protocol/pubsub#purge-nodes",
    "http://jabber.org/protocol/pubsub#retract-items",
    "http://jabber.org/protocol/pubsub#retrieve-affiliations",
    "http://jabber.org/protocol/pubsub#retrieve-default",
    "http://jabber.org/protocol/pubsub#retrieve-items",
    "http://jabber.org/protocol/pubsub#retrieve-subscriptions",
    "http://jabber.org/protocol/pubsub#rsm",
    "http://jabber.org/protocol/pubsub#subscribe",
    "http://jabber.org/protocol/pubsub#subscription-notifications",
};

namespace {

constexpr std::string_view info_ns = "http://jabber.org/protocol/disco#info", items_ns = "http://jabber.org/protocol/disco#items";
constexpr std::size_t most_items_listed = 1'000;

/// XEP-0060 §5.4.
xml::Element metadata(const Node& node) {
    const auto& settings = node.settings;
    const auto count = settings.max_items ? std::to_string(settings.max_items) : "max";
    std::vector<Field> fields{{.name = "pubsub#title", .values = {settings.title}},
                              {.name = "pubsub#description", .values = {settings.description}},
                              {.name = "pubsub#type", .values = {settings.type}},
                              {.name = "pubsub#access_model", .values = {std::string(name_of(settings.access))}},
                              {.name = "pubsub#publish_model", .values = {std::string(name_of(settings.publish_model))}},
                              {.name = "pubsub#max_items", .values = {count}},
                              {.name = "pubsub#num_subscribers", .values = {std::to_string(node.subscriptions.size())}}};
    for (const auto& [jid, affiliation] : node.affiliations)
        if (affiliation == Affiliation::owner) fields.push_back({.name = "pubsub#owner", .values = {jid.text()}});
    return form_of("result", "http://jabber.org/protocol/pubsub#meta-data", fields);
}

xml::Element item_element(const Jid& jid, std::string_view attribute, const std::string& value, const std::string& name) {
    xml::Element item("item", items_ns);
    item.set("jid", jid.text()).set(attribute, value);
    if (!name.empty()) item.set("name", name);
    return item;
}

/// The node, if the person may read it; else as if there were none.
Task<Result<Node, StanzaError>> readable(Request& request, std::string name) {
    auto node = co_await request.node(std::move(name));
    if (!node) co_return node;
    const auto allowed = co_await request.may_read(*node);
    if (!allowed) co_return std::unexpected(allowed.error());
    co_return node;
}

}  // namespace

Task<Reply> describe_node(Host& host, const Iq& iq) {
    Request request(host, iq);
    const std::string name(iq.payload.attribute("node"));
    const auto node = co_await readable(request, name);
    if (!node) co_return std::unexpected(node.error());
    xml::Element query("query", info_ns);
    query.set("node", name);
    query.add(xml::Element("identity", info_ns).set("category", "pubsub").set("type", "leaf"));
    query.add(xml::Element("feature", info_ns).set("var", ns_pubsub));
    query.add(metadata(*node));
    co_return query.to_string(ns::client);
}

Task<Reply> list_nodes(Host& host, const Iq& iq) {
    Request request(host, iq);
    const std::string name(iq.payload.attribute("node"));
    xml::Element query("query", items_ns);
    if (!name.empty()) {  // §5.5: its items
        const auto node = co_await readable(request, name);
        if (!node) co_return std::unexpected(node.error());
        query.set("node", name);
        Wanted wanted{.most = most_items_listed, .from_end = true, .most_bytes = static_cast<std::size_t>(-1)};
        const auto page = co_await request.store().page(*node, std::move(wanted));
        for (const auto& item : page.items) query.add(item_element(request.owner(), "name", item.id, {}));
        co_return query.to_string(ns::client);
    }
    const auto standing = co_await request.engine().standing(request.owner(), request.from());
    const auto nodes = co_await request.store().nodes(request.owner());
    for (const auto& node : nodes)
        if (may_read(node, request.from(), standing)) query.add(item_element(request.owner(), "node", node.name, node.settings.title));
    co_return query.to_string(ns::client);
}

}  // namespace chancery::pubsub
