// Subscriptions that an owner has to allow (XEP-0060 §8.6), at a person's node and at a shared one: the owners are asked by a message
// with a form, which waits for who is away, and whoever answers first decides. What is asked and what is answered are messages on record.

#include "base/bytes.h"
#include "base/crypto.h"
#include "features/pubsub/request.h"
#include "xml/parse.h"

namespace chancery::pubsub {
namespace {

constexpr std::string_view approval_form = "http://jabber.org/protocol/pubsub#subscribe_authorization";

std::string question(const Node& node, const Jid& subscriber, const std::string& id) {
    std::vector<Field> fields{
        {.name = "pubsub#subid", .values = {id}, .type = "hidden"},
        {.name = "pubsub#node", .values = {node.name}, .type = "text-single", .label = "Node"},
        {.name = "pubsub#subscriber_jid", .values = {subscriber.text()}, .type = "jid-single", .label = "Who asks"},
        {.name = "pubsub#allow", .values = {"false"}, .type = "boolean", .label = "Let them subscribe"},
    };
    return "<body>" + xml::escape(std::string(subscriber.bare_text()) + " asks to subscribe to " + node.name + ".") + "</body>" +
           form_of("form", approval_form, fields).to_string(ns::client);
}

Message letter(const Jid& from, const Jid& to, const std::string& content) {
    std::string xml = "<message";
    xml::append_attribute(xml, "from", from.text());
    xml::append_attribute(xml, "to", to.text());
    xml::append_attribute(xml, "id", to_hex(random_bytes(8)));
    return {.from = from, .to = to, .id = {}, .type = MessageType::normal, .traits = {.body = true, .content = true},
            .xml = xml + ">" + content + "</message>"};
}

}  // namespace

Task<> ask_owners(Host& host, Node node, Jid subscriber, std::string id) {
    const auto content = question(node, subscriber, id);
    std::vector<Jid> owners;
    if (!node.owner.local().empty()) owners.push_back(node.owner);
    for (const auto& [person, affiliation] : node.affiliations)
        if (affiliation == Affiliation::owner) owners.push_back(person);
    for (const auto& person : owners) {
        auto sent = host.accept(0, std::make_shared<const Message>(letter(node.owner, person, content)));
        co_await sent;
    }
}

std::optional<Approval> approval_in(const std::string& message) {
    const auto document = xml::parse(message, xml::limits_of_stored_xml, ns::client);
    const auto x = document ? document->root().child({"x", ns::data_forms}) : xml::View();
    if (!x || x.attribute("type") != "submit") return std::nullopt;
    const auto fields = fields_of(xml::Element(x), approval_form);
    if (!fields) return std::nullopt;
    std::string node, id, subscriber, allow;
    for (const auto& field : *fields) {
        if (field.name == "pubsub#node") node = field.value();
        if (field.name == "pubsub#subid") id = field.value();
        if (field.name == "pubsub#subscriber_jid") subscriber = field.value();
        if (field.name == "pubsub#allow") allow = field.value();
    }
    const auto jid = Jid::parse(subscriber);
    if (!jid || node.empty() || allow.empty()) return std::nullopt;
    return Approval{.node = node, .id = id, .subscriber = *jid, .is_allowed = allow == "1" || allow == "true"};
}

Task<Result<void, StanzaError>> decide(Host& host, Jid owner, Jid from, Approval approval) {
    auto& engine = host.kept<Engine>();
    const auto turn = co_await engine.turn(owner);
    const auto node = co_await engine.store().node(owner, approval.node);
    if (!node) co_return refuse(Condition::item_not_found, "There is no such node.");
    if (node->affiliation_of(from) != Affiliation::owner) co_return refuse(Condition::forbidden, "The node is somebody else's.");
    const auto asked = node->pending.find(approval.subscriber);
    if (asked == node->pending.end() || (!approval.id.empty() && approval.id != asked->second))
        co_return refuse(Condition::item_not_found, "That has been decided, or was never asked.");
    co_await set_subscription(host, *node, approval.subscriber, approval.is_allowed ? asked->second : std::string());
    co_return Result<void, StanzaError>();
}

Task<> set_subscription(Host& host, Node node, Jid who, std::string id) {
    co_await host.kept<Engine>().store().subscribe(node.number, who, id);
    xml::Element told("subscription", ns_event);
    told.set("node", node.name).set("jid", who.text()).set("subscription", id.empty() ? "none" : "subscribed");
    if (!id.empty()) told.set("subid", id);
    notify_one(host, node, who, told.to_string(ns_event));
    if (!id.empty() && node.settings.access == Access::authorize) co_await send_last(host, std::move(node), who);
}

Task<> send_last(Host& host, Node node, Jid subscriber) {
    if (node.settings.send_last == SendLast::never) co_return;
    std::vector<Node> one{std::move(node)};
    const auto last = co_await host.kept<Engine>().store().last(std::move(one));
    for (const auto& [from, item] : last) notify_one(host, from, subscriber, items_event(from, {item}), &item);
}

}  // namespace chancery::pubsub
