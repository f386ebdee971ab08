// Nodes themselves: making, setting up, emptying and deleting them (XEP-0060 §8.1 to §8.5).

#include "base/bytes.h"
#include "base/crypto.h"
#include "features/pubsub/request.h"

namespace chancery::pubsub {
namespace {

/// Who may make nodes at a service is a setting; one's own nodes are everybody's own.
Result<void, StanzaError> may_create(Request& request) {
    if (request.engine().is_personal(request.owner())) {
        if (request.is_own()) return {};
        return refuse(Condition::forbidden, "The nodes of this address are somebody else's.");
    }
    auto& host = request.host();
    const auto& creators = host.config().pubsub.creators;
    const bool is_here = host.is_account(request.from());
    if (is_here && creators == "everybody") return {};
    if (is_here && creators == "administrators" && host.accounts().has_role(request.from().local(), "administrator")) return {};
    if (creators == "nobody") return refuse(Condition::not_allowed, "Nobody makes nodes here.");  // §11: switched off
    return refuse(Condition::forbidden, "You may not make nodes here.");
}

/// What is asked for under <configure/>, put into `settings`.
Result<void, StanzaError> configure(Settings& settings, const xml::Element* configure, std::int64_t most_items) {
    const auto* form = configure ? configure->child({"x", ns::data_forms}) : nullptr;
    if (!form) return {};
    const auto fields = fields_of(*form, config_form);
    if (!fields) return std::unexpected(fields.error());
    return apply(settings, *fields, most_items);
}

/// §8.1.3: it follows on <create/>, which names the node.
bool is_misplaced(const xml::Element& pubsub) {
    const auto* configure = pubsub.child({"configure", ns_pubsub});
    return configure && (configure->has_attribute("node") || &pubsub.children().front() == configure);
}

std::string in_owner(const xml::Element& content) {
    xml::Element reply("pubsub", ns_owner);
    reply.add(content);
    return reply.to_string(ns::client);
}

std::string named(std::string_view element, const std::string& node) {
    std::string xml = "<" + std::string(element);
    xml::append_attribute(xml, "node", node);
    return xml + "/>";
}

}  // namespace

Task<Reply> create(Request& request, const xml::Element& element) {
    auto& engine = request.engine();
    if (is_misplaced(request.iq().payload)) co_return refuse(Condition::bad_request, "The configuration follows on the node, and names none.");
    if (const auto allowed = may_create(request); !allowed) co_return std::unexpected(allowed.error());
    const bool is_instant = element.attribute("node").empty();  // §8.1.2
    const auto name = is_instant ? to_hex(random_bytes(8)) : node_name(element);
    if (!name) co_return std::unexpected(name.error());
    const auto existing = co_await request.store().node(request.owner(), *name);
    if (existing) co_return refuse(Condition::conflict, "There is a node with that name already.");
    Node node{.owner = request.owner(), .name = *name, .settings = engine.defaults(request.owner(), *name)};
    const auto configured = configure(node.settings, request.iq().payload.child({"configure", ns_pubsub}), engine.most_items());
    if (!configured) co_return std::unexpected(configured.error());
    const auto room = co_await engine.fits(node, std::vector<Item>());
    if (!room) co_return std::unexpected(room.error());
    const policy::Facts facts{.end_to_end_allowed = request.host().config().policy.end_to_end};
    const auto decision = policy::decide_publication(*name, facts);
    if (decision.denied()) {
        request.set_rule(decision.rule);
        co_return std::unexpected(decision.error);
    }
    co_await request.allow();
    const auto number = co_await request.store().save(node);
    if (!request.is_own()) co_await request.store().affiliate(number, request.from().bare(), Affiliation::owner);
    xml::Element reply("pubsub", ns_pubsub);
    co_return reply.add(xml::Element("create", ns_pubsub).set("node", *name)).to_string(ns::client);
}

Task<Reply> get_settings(Request& request, const xml::Element& element) {
    const auto name = node_name(element);
    if (!name) co_return std::unexpected(name.error());
    const auto node = co_await request.owned_node(*name);
    if (!node) co_return std::unexpected(node.error());
    xml::Element shown("configure", ns_owner);
    shown.set("node", *name).add(form_of("form", config_form, fields_of(node->settings)));
    co_return in_owner(shown);
}

Task<Reply> get_defaults(Request& request, const xml::Element&) {
    if (request.engine().is_personal(request.owner()) && !request.is_own()) co_return refuse(Condition::forbidden);
    xml::Element shown("default", ns_owner);
    shown.add(form_of("form", config_form, fields_of(request.engine().defaults(request.owner(), {}))));
    co_return in_owner(shown);
}

Task<Reply> set_settings(Request& request, const xml::Element& element) {
    const auto name = node_name(element);
    if (!name) co_return std::unexpected(name.error());
    auto node = co_await request.owned_node(*name);
    if (!node) co_return std::unexpected(node.error());
    const auto* form = element.child({"x", ns::data_forms});
    if (!form) co_return refuse(Condition::bad_request, "There is no form.");
    if (form->attribute("type") == "cancel") {
        co_await request.allow();
        co_return std::string();
    }
    const auto configured = configure(node->settings, &element, request.engine().most_items());
    if (!configured) co_return std::unexpected(configured.error());
    co_await request.allow();
    (void)co_await request.store().save(*node);
    if (node->settings.notify_config) co_await notify(request.host(), *node, {.content = named("configuration", *name)});  // §8.2.5
    co_return std::string();
}

Task<Reply> remove(Request& request, const xml::Element& element) {
    const auto name = node_name(element);
    if (!name) co_return std::unexpected(name.error());
    const auto node = co_await request.owned_node(*name);
    if (!node) co_return std::unexpected(node.error());
    co_await request.allow();
    co_await request.engine().take_away(*node);
    co_return std::string();
}

Task<Reply> purge(Request& request, const xml::Element& element) {
    const auto name = node_name(element);
    if (!name) co_return std::unexpected(name.error());
    const auto node = co_await request.owned_node(*name);
    if (!node) co_return std::unexpected(node.error());
    if (!node->settings.persist) co_return std::unexpected(detailed(Condition::feature_not_implemented, "unsupported", {}, "persistent-items"));
    co_await request.allow();
    co_await request.engine().empty(*node);
    co_return std::string();
}

}  // namespace chancery::pubsub
