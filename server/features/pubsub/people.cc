// Who is what to a node: subscribing (XEP-0060 §6.1, §6.2), one's own subscriptions and affiliations (§5.6, §5.7), and what
// the owner makes of others (§8.8, §8.9).

#include <algorithm>

#include "base/bytes.h"
#include "base/crypto.h"
#include "features/pubsub/request.h"

namespace chancery::pubsub {
namespace {

constexpr std::size_t most_people = 10'000;  // subscribed to one node, or with an affiliation
constexpr std::size_t most_asking = 500;     // who wait for an owner's word

/// The address in 'jid', which must be the sender's, bare or full.
Result<Jid, StanzaError> own_address(const xml::Element& element, const Iq& iq) {
    const auto jid = Jid::parse(element.attribute("jid"));
    if (!jid || jid->bare_text() != iq.from.bare_text() || (jid->is_full() && *jid != iq.from))
        return std::unexpected(detailed(Condition::bad_request, "invalid-jid", "One subscribes oneself."));
    return *jid;
}

xml::Element subscription_of(std::string_view ns, const std::string& node, const Jid& jid, std::string_view state, const std::string& id) {
    xml::Element subscription("subscription", ns);
    if (!node.empty()) subscription.set("node", node);
    subscription.set("jid", jid.text()).set("subscription", state);
    if (!id.empty()) subscription.set("subid", id);
    return subscription;
}

std::string in_pubsub(const xml::Element& content, std::string_view ns = ns_pubsub) {
    xml::Element reply("pubsub", ns);
    reply.add(content);
    return reply.to_string(ns::client);
}

/// §6.1.3.4, §6.1.4: whether they are subscribed at once; nothing: an owner is to be asked.
Result<std::optional<bool>, StanzaError> judge_subscription(const Node& node, const Jid& who, const Result<void, StanzaError>& may_read) {
    const bool asks = node.settings.access == Access::authorize && node.affiliation_of(who) == Affiliation::none;
    if (!asks && !may_read) return std::unexpected(may_read.error());
    if (asks && node.has_asked(who)) return std::unexpected(detailed(Condition::not_authorized, "pending-subscription", "An owner has been asked already."));
    if (asks && !node.is_subscribed(who)) return std::nullopt;
    return true;
}

/// Of another type than is usual for the condition.
std::unexpected<StanzaError> of_type(std::string_view type, StanzaError error) {
    error.type = type;
    return std::unexpected(std::move(error));
}

/// §6.1.3.9.
std::unexpected<StanzaError> too_many() { return of_type("wait", detailed(Condition::policy_violation, "too-many-subscriptions")); }

/// The addresses in a list of the owner, each with what it is to be.
template <class Value>
struct Wish {
    Jid who;
    Value value;
};

}  // namespace

Task<Reply> subscribe(Request& request, const xml::Element& element) {
    const auto name = node_name(element);
    if (!name) co_return std::unexpected(name.error());
    const auto jid = own_address(element, request.iq());
    if (!jid) co_return std::unexpected(jid.error());
    auto node = co_await request.node(*name);
    if (!node) co_return std::unexpected(node.error());
    const auto may_read = co_await request.may_read(*node);
    const auto allowed = judge_subscription(*node, request.from(), may_read);
    if (!allowed) co_return std::unexpected(allowed.error());
    if (request.iq().payload.child({"options", ns_pubsub}))
        co_return std::unexpected(detailed(Condition::feature_not_implemented, "unsupported", {}, "subscription-options"));
    const auto present = node->subscriptions.find(*jid);
    const bool is_pending = !allowed->has_value();
    const bool is_full = node->subscriptions.size() + node->pending.size() >= most_people || (is_pending && node->pending.size() >= most_asking);
    if (present == node->subscriptions.end() && is_full) co_return too_many();
    co_await request.allow();
    const bool is_new = present == node->subscriptions.end();
    const auto id = is_new ? to_hex(random_bytes(8)) : present->second;
    if (is_new) co_await request.store().subscribe(node->number, *jid, id, is_pending);
    if (is_pending) {
        co_await ask_owners(request.host(), *node, *jid, id);
        co_return in_pubsub(subscription_of(ns_pubsub, *name, *jid, "pending", id));
    }
    if (is_new) co_await send_last(request.host(), *node, *jid);
    co_return in_pubsub(subscription_of(ns_pubsub, *name, *jid, "subscribed", id));
}

Task<Reply> unsubscribe(Request& request, const xml::Element& element) {
    const auto name = node_name(element);
    if (!name) co_return std::unexpected(name.error());
    const auto jid = Jid::parse(element.attribute("jid"));
    if (!jid) co_return std::unexpected(detailed(Condition::bad_request, "invalid-jid"));
    if (jid->bare_text() != request.from().bare_text()) co_return refuse(Condition::forbidden, "One unsubscribes oneself.");
    const auto node = co_await request.node(*name);
    if (!node) co_return std::unexpected(node.error());
    const auto& among = node->pending.contains(*jid) ? node->pending : node->subscriptions;
    const auto present = among.find(*jid);
    if (present == among.end()) co_return of_type("cancel", detailed(Condition::unexpected_request, "not-subscribed"));
    const auto id = element.attribute("subid");
    if (!id.empty() && id != present->second) co_return std::unexpected(detailed(Condition::not_acceptable, "invalid-subid"));
    co_await request.allow();
    co_await request.store().subscribe(node->number, *jid, {});
    co_return in_pubsub(subscription_of(ns_pubsub, *name, *jid, "none", {}));
}

Task<Reply> own_subscriptions(Request& request, const xml::Element& element) {
    const auto only = element.attribute("node");
    const auto nodes = co_await request.store().nodes(request.owner());
    xml::Element list("subscriptions", ns_pubsub);
    if (!only.empty()) list.set("node", only);
    for (const auto& node : nodes) {
        if (!only.empty() && only != node.name) continue;
        for (const auto& [state, subscriptions] : {std::pair("subscribed", &node.subscriptions), std::pair("pending", &node.pending)})
            for (const auto& [jid, id] : *subscriptions)
                if (jid.bare_text() == request.from().bare_text()) list.add(subscription_of(ns_pubsub, node.name, jid, state, id));
    }
    co_return in_pubsub(list);
}

Task<Reply> own_affiliations(Request& request, const xml::Element& element) {
    const auto only = element.attribute("node");
    const auto nodes = co_await request.store().nodes(request.owner());
    xml::Element list("affiliations", ns_pubsub);
    if (!only.empty()) list.set("node", only);
    for (const auto& node : nodes) {
        const auto affiliation = node.affiliation_of(request.from());
        if (affiliation == Affiliation::none || (!only.empty() && only != node.name)) continue;
        xml::Element each("affiliation", ns_pubsub);
        list.add(each.set("node", node.name).set("affiliation", name_of(affiliation)));
    }
    co_return in_pubsub(list);
}

Task<Reply> get_subscriptions(Request& request, const xml::Element& element) {
    const auto name = node_name(element);
    if (!name) co_return std::unexpected(name.error());
    const auto node = co_await request.owned_node(*name);
    if (!node) co_return std::unexpected(node.error());
    xml::Element list("subscriptions", ns_owner);
    list.set("node", *name);
    for (const auto& [state, subscriptions] : {std::pair("subscribed", &node->subscriptions), std::pair("pending", &node->pending)})
        for (const auto& [jid, id] : *subscriptions) {
            xml::Element each("subscription", ns_owner);
            list.add(each.set("jid", jid.text()).set("subscription", state).set("subid", id));
        }
    co_return in_pubsub(list, ns_owner);
}

Task<Reply> set_subscriptions(Request& request, const xml::Element& element) {  // §8.8.2
    const auto name = node_name(element);
    if (!name) co_return std::unexpected(name.error());
    auto node = co_await request.owned_node(*name);
    if (!node) co_return std::unexpected(node.error());
    std::vector<Wish<bool>> wishes;
    for (const auto& child : element.children()) {
        const auto jid = Jid::parse(child.attribute("jid"));
        const auto state = child.attribute("subscription");
        if (!jid || (state != "none" && state != "subscribed"))
            co_return refuse(Condition::not_acceptable, "A subscription has an address and is 'subscribed' or 'none'.");
        wishes.push_back({*jid, state == "subscribed"});
    }
    if (node->subscriptions.size() + wishes.size() > most_people) co_return too_many();
    co_await request.allow();
    for (const auto& [who, subscribed] : wishes) {
        const auto asked = node->pending.find(who);
        const bool is_there = node->subscriptions.contains(who);
        if (subscribed == is_there && asked == node->pending.end()) continue;
        const auto id = !subscribed ? std::string() : asked != node->pending.end() ? asked->second : to_hex(random_bytes(8));
        co_await set_subscription(request.host(), *node, who, id);
    }
    co_return std::string();
}

Task<Reply> get_affiliations(Request& request, const xml::Element& element) {
    const auto name = node_name(element);
    if (!name) co_return std::unexpected(name.error());
    const auto node = co_await request.owned_node(*name);
    if (!node) co_return std::unexpected(node.error());
    xml::Element list("affiliations", ns_owner);
    list.set("node", *name);
    if (request.engine().is_personal(node->owner)) {
        xml::Element own("affiliation", ns_owner);
        list.add(own.set("jid", node->owner.text()).set("affiliation", "owner"));
    }
    for (const auto& [jid, affiliation] : node->affiliations) {
        xml::Element each("affiliation", ns_owner);
        list.add(each.set("jid", jid.text()).set("affiliation", name_of(affiliation)));
    }
    co_return in_pubsub(list, ns_owner);
}

Task<Reply> set_affiliations(Request& request, const xml::Element& element) {  // §8.9.2
    const auto name = node_name(element);
    if (!name) co_return std::unexpected(name.error());
    auto node = co_await request.owned_node(*name);
    if (!node) co_return std::unexpected(node.error());
    const bool personal = request.engine().is_personal(node->owner);
    std::vector<Wish<Affiliation>> wishes;
    auto after = node->affiliations;
    for (const auto& child : element.children()) {
        const auto jid = Jid::parse(child.attribute("jid"));
        const auto affiliation = affiliation_named(child.attribute("affiliation"));
        if (child.attribute("affiliation") == "publish-only")
            co_return std::unexpected(detailed(Condition::feature_not_implemented, "unsupported", {}, "publish-only-affiliation"));  // §8.9.2.3.2
        if (!jid || !affiliation) co_return refuse(Condition::not_acceptable, "An affiliation has an address and is owner, publisher, member, outcast or none.");
        if (personal && (jid->bare_text() == node->owner.text()) != (*affiliation == Affiliation::owner))
            co_return refuse(Condition::not_acceptable, "A person's nodes are their own.");
        wishes.push_back({jid->bare(), *affiliation});
        after[jid->bare()] = *affiliation;
    }
    const auto is_owner = [](const auto& entry) { return entry.second == Affiliation::owner; };
    if (!personal && std::ranges::none_of(after, is_owner)) co_return refuse(Condition::not_acceptable, "A node has at least one owner.");
    if (after.size() > most_people) co_return refuse(Condition::resource_constraint, "Too many people.");
    co_await request.allow();
    for (const auto& [who, affiliation] : wishes) {
        if (who == node->owner) continue;
        co_await request.store().affiliate(node->number, who, affiliation);
        if (affiliation != Affiliation::outcast) continue;
        for (const auto* subscriptions : {&node->subscriptions, &node->pending})  // §8.9.2.4: who is cast out hears no more
            for (const auto& [jid, id] : *subscriptions)
                if (jid.bare() == who) co_await request.store().subscribe(node->number, jid, {});
    }
    co_return std::string();
}

}  // namespace chancery::pubsub
