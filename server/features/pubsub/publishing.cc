// Items: publishing them (XEP-0060 §7.1), taking them back (§7.2) and reading them (§6.5).

#include <algorithm>
#include <charconv>

#include "base/bytes.h"
#include "base/crypto.h"
#include "features/pubsub/request.h"

namespace chancery::pubsub {
namespace {

constexpr std::size_t most_id_bytes = 1'023;
constexpr std::size_t most_answer_bytes = 1024 * 1024;  // of one page: what is left out is asked for with XEP-0059

std::unexpected<StanzaError> bad(std::string_view detail, std::string text = {}) {
    return std::unexpected(detailed(Condition::bad_request, detail, std::move(text)));
}

/// §7.1.3.6: one payload for each item.
Result<std::vector<Item>, StanzaError> items_in(const xml::Element& publish, const Jid& publisher) {
    std::vector<Item> items;
    for (const auto& child : publish.children()) {
        if (!child.is({"item", ns_pubsub})) continue;
        if (child.children().size() > 1) return bad("invalid-payload", "An item has one payload.");
        std::string id(child.attribute("id"));
        if (id.size() > most_id_bytes) return refuse(Condition::not_acceptable, "The id of an item may have 1,023 bytes.");
        if (id.empty()) id = to_hex(random_bytes(16));
        if (std::ranges::find(items, id, &Item::id) != items.end()) return bad("invalid-payload", "Two items have the same id.");
        items.push_back({.id = std::move(id), .payload = child.children().empty() ? std::string() : child.children().front().to_string(),
                         .publisher = publisher.bare().text()});
    }
    return items;
}

/// §7.1.5: what a new node is made with, or what an existing one must be like.
Result<void, StanzaError> apply_options(Node& node, const xml::Element& pubsub, std::int64_t most_items) {
    const auto* options = pubsub.child({"publish-options", ns_pubsub});
    const auto* form = options ? options->child({"x", ns::data_forms}) : nullptr;
    if (!form) return {};
    const auto fields = fields_of(*form, options_form);
    if (!fields) return std::unexpected(fields.error());
    auto wanted = node.settings;
    const auto applied = apply(wanted, *fields, most_items);
    if (node.number != 0 && (!applied || wanted != node.settings))
        return std::unexpected(detailed(Condition::conflict, "precondition-not-met", "The node is set up in another way."));
    if (!applied) return std::unexpected(detailed(Condition::conflict, "precondition-not-met", applied.error().text));
    node.settings = std::move(wanted);
    return {};
}

/// §7.1.3: what must be there and what must not.
Result<void, StanzaError> check_items(const Settings& settings, const std::vector<Item>& items, std::int64_t most_items) {
    const bool needs_item = settings.persist || settings.deliver_payloads;
    if (items.empty() && needs_item) return bad("item-required");
    if (!items.empty() && !needs_item) return bad("item-forbidden");
    for (const auto& item : items)
        if (item.payload.empty() && settings.deliver_payloads) return bad("payload-required");
    const auto most = static_cast<std::size_t>(settings.max_items ? settings.max_items : most_items);
    if (settings.persist && items.size() > most) return std::unexpected(detailed(Condition::not_allowed, "max-items-exceeded"));  // §12.11
    return {};
}

/// Who publishes beside others overwrites only what is theirs.
Task<bool> overwrites_others(Request& request, Node node, std::vector<Item> items) {
    if (node.number == 0 || node.affiliation_of(request.from()) == Affiliation::owner) co_return false;
    Wanted wanted{.most_bytes = most_answer_bytes};
    for (const auto& item : items) wanted.ids.push_back(item.id);
    const auto page = co_await request.store().page(node, std::move(wanted));
    const auto mine = request.from().bare().text();
    co_return std::ranges::any_of(page.items, [&](const Item& item) { return item.publisher != mine; });
}

Result<std::size_t, StanzaError> number_in(std::string_view text) {
    std::size_t number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc() || end != text.data() + text.size()) return refuse(Condition::bad_request, "A number is expected.");
    return number;
}

/// §6.5.2 to §6.5.8 and XEP-0059.
Result<Wanted, StanzaError> wanted_in(const xml::Element& items, const xml::Element* set) {
    Wanted wanted{.from_end = true, .most_bytes = most_answer_bytes};
    for (const auto& child : items.children())
        if (child.is({"item", ns_pubsub})) wanted.ids.emplace_back(child.attribute("id"));
    if (items.has_attribute("max_items")) {
        const auto most = number_in(items.attribute("max_items"));
        if (!most || *most == 0) return refuse(Condition::bad_request, "max_items must be a number above 0.");
        wanted.most = *most;
    }
    if (!set) return wanted;
    wanted.from_end = false;
    if (const auto* max = set->child({"max", ns::rsm})) {
        const auto most = number_in(max->text());
        if (!most) return std::unexpected(most.error());
        if (*most == 0) wanted.most_bytes = 0;
        else wanted.most = *most;
    }
    if (set->child({"index", ns::rsm})) return refuse(Condition::feature_not_implemented, "Pages are asked for by id, not by index.");
    if (const auto* after = set->child({"after", ns::rsm}); after && !after->text().empty()) wanted.after = after->text();
    if (const auto* before = set->child({"before", ns::rsm})) {
        wanted.from_end = true;
        if (!before->text().empty()) wanted.before = before->text();
    }
    return wanted;
}

xml::Element page_set(const Page& page) {
    xml::Element set("set", ns::rsm);
    if (!page.items.empty()) {
        xml::Element first("first", ns::rsm);
        first.set("index", std::to_string(page.index));
        set.add(first.add_text(page.items.front().id));
        set.add(xml::Element("last", ns::rsm).add_text(page.items.back().id));
    }
    set.add(xml::Element("count", ns::rsm).add_text(std::to_string(page.count)));
    return set;
}

std::unexpected<StanzaError> keeps_nothing() {
    return std::unexpected(detailed(Condition::feature_not_implemented, "unsupported", {}, "persistent-items"));
}

/// §6.5.9.2: who is subscribed and names another subscription.
bool is_wrong_subscription(const Node& node, const Jid& who, std::string_view id) {
    const auto is_its = [&](const Jid& jid) {
        const auto found = node.subscriptions.find(jid);
        return found != node.subscriptions.end() && found->second == id;
    };
    return !id.empty() && node.is_subscribed(who) && !is_its(who) && !is_its(who.bare());
}

}  // namespace

Task<Reply> publish(Request& request, const xml::Element& element) {
    auto& engine = request.engine();
    const auto name = node_name(element);
    if (!name) co_return std::unexpected(name.error());
    auto items = items_in(element, request.from());
    if (!items) co_return std::unexpected(items.error());
    auto node = co_await request.node(*name);
    if (!node && !request.is_own()) co_return std::unexpected(node.error());
    if (!node) node = Node{.owner = request.owner(), .name = *name, .settings = engine.defaults(request.owner(), *name)};  // §7.1.4
    if (const auto allowed = may_publish(*node, request.from()); !allowed) co_return std::unexpected(allowed.error());
    if (const auto met = apply_options(*node, request.iq().payload, engine.most_items()); !met) co_return std::unexpected(met.error());
    if (const auto right = check_items(node->settings, *items, engine.most_items()); !right) co_return std::unexpected(right.error());
    const bool others = co_await overwrites_others(request, *node, *items);
    if (others) co_return refuse(Condition::forbidden, "Somebody else has published that item.");
    const auto room = co_await engine.fits(*node, *items);
    if (!room) co_return std::unexpected(room.error());

    const policy::Facts facts{.end_to_end_allowed = request.host().config().policy.end_to_end};
    const auto decision = policy::decide_publication(*name, facts);
    if (decision.denied()) {
        request.set_rule(decision.rule);
        co_return std::unexpected(decision.error);
    }
    co_await request.allow();
    // From here on the publication is on the record.
    xml::Element published("publish", ns_pubsub);
    published.set("node", *name);
    for (const auto& item : *items) published.add(xml::Element("item", ns_pubsub).set("id", item.id));
    co_await engine.put(std::move(*node), std::move(*items));
    xml::Element reply("pubsub", ns_pubsub);
    co_return reply.add(std::move(published)).to_string(ns::client);
}

Task<Reply> retract(Request& request, const xml::Element& element) {
    const auto name = node_name(element);
    if (!name) co_return std::unexpected(name.error());
    Wanted wanted{.most_bytes = most_answer_bytes};
    for (const auto& child : element.children())
        if (child.is({"item", ns_pubsub}) && !child.attribute("id").empty()) wanted.ids.emplace_back(child.attribute("id"));
    if (wanted.ids.empty()) co_return bad("item-required");
    const auto node = co_await request.node(*name);
    if (!node) co_return std::unexpected(node.error());
    const auto affiliation = node->affiliation_of(request.from());
    const auto page = co_await request.store().page(*node, wanted);
    const auto mine = request.from().bare().text();
    const auto is_theirs = [&](const Item& item) { return item.publisher == mine; };
    const bool allowed = affiliation == Affiliation::owner ||
                         (affiliation != Affiliation::outcast && !page.items.empty() && std::ranges::all_of(page.items, is_theirs));
    if (!node->settings.persist && affiliation == Affiliation::owner) co_return keeps_nothing();  // §7.2.3.5
    if (!allowed) co_return refuse(Condition::forbidden, "Only who published an item, and the owner, may take it back.");
    if (page.items.size() != wanted.ids.size()) co_return refuse(Condition::item_not_found, "There is no such item.");
    co_await request.allow();
    const auto notify = element.attribute("notify");
    const bool is_told = node->settings.notify_retract || notify == "1" || notify == "true";
    co_await request.engine().take_back(*node, wanted.ids, is_told);
    co_return std::string();
}

Task<Reply> get_items(Request& request, const xml::Element& element) {
    const auto name = node_name(element);
    if (!name) co_return std::unexpected(name.error());
    const auto* set = request.iq().payload.child({"set", ns::rsm});
    auto wanted = wanted_in(element, set);
    if (!wanted) co_return std::unexpected(wanted.error());
    const auto node = co_await request.node(*name);
    if (!node) co_return std::unexpected(node.error());
    const auto allowed = co_await request.may_read(*node);
    if (!allowed) co_return std::unexpected(allowed.error());
    if (is_wrong_subscription(*node, request.from(), element.attribute("subid")))
        co_return std::unexpected(detailed(Condition::not_acceptable, "invalid-subid"));
    if (!node->settings.persist) co_return keeps_nothing();  // §6.5.9.4
    const bool by_id = !wanted->ids.empty();
    const auto page = co_await request.store().page(*node, std::move(*wanted));
    if (page.unknown_id) co_return refuse(Condition::item_not_found, "There is no item with that id.");
    std::string xml = "<pubsub xmlns='" + std::string(ns_pubsub) + "'><items";
    xml::append_attribute(xml, "node", *name);
    xml += ">";
    for (const auto& item : page.items) xml += with_links(request.host(), item_xml(*node, item, true), item, request.from().bare());
    xml += "</items>";
    if (!by_id && (set || page.items.size() < page.count)) page_set(page).append_to(xml, ns_pubsub);
    co_return xml + "</pubsub>";
}

}  // namespace chancery::pubsub
