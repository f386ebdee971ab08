// XEP-0030: Service Discovery of the server and of accounts, and XEP-0115: the server's own entity capabilities.

#include "base/bytes.h"
#include "base/crypto.h"
#include "features/features.h"

namespace chancery {
namespace {

constexpr xml::Tag info{"query", "http://jabber.org/protocol/disco#info"};
constexpr xml::Tag items{"query", "http://jabber.org/protocol/disco#items"};
constexpr auto commands_ns = "http://jabber.org/protocol/commands";
constexpr std::string_view caps_node = "https://chancery.example/server";

struct Identity {
    std::string_view category, type, name;
};
constexpr Identity server_identity{"server", "im", "Chancery"};
constexpr Identity account_identity{"account", "registered", ""}, events_identity{"pubsub", "pep", ""};

/// XEP-0115 §5.1: identities, features and forms in order, each part followed by '<', SHA-1 in base64.
std::string verification_string(const Identity& identity, const std::set<std::string, std::less<>>& features,
                                const std::vector<DataForm>& forms) {
    std::string text;
    text.append(identity.category).append("/").append(identity.type).append("//").append(identity.name).append("<");
    for (const auto& feature : features) text += feature + "<";
    std::map<std::string, std::map<std::string, std::set<std::string>>> sorted;
    for (const auto& form : forms)
        for (const auto& field : form.fields()) sorted[form.form_type()][field.var].insert(field.values.begin(), field.values.end());
    for (const auto& [type, fields] : sorted) {
        text += type + "<";
        for (const auto& [var, values] : fields) {
            text += var + "<";
            for (const auto& value : values) text += value + "<";
        }
    }
    return to_base64(hash(Hash::sha1, text));
}

std::string caps_version(Host& host) { return verification_string(server_identity, host.features(At::server), host.server_forms()); }

std::string describe(std::string_view node, const Identity& identity, const std::set<std::string, std::less<>>& features,
                     const std::vector<DataForm>& forms = {}) {
    xml::Element query(info);
    if (!node.empty()) query.set("node", node);
    xml::Element who("identity", info.ns);
    who.set("category", identity.category).set("type", identity.type);
    if (!identity.name.empty()) who.set("name", identity.name);
    query.add(std::move(who));
    if (&identity == &account_identity)
        query.add(xml::Element("identity", info.ns).set("category", events_identity.category).set("type", events_identity.type));
    for (const auto& feature : features) query.add(xml::Element("feature", info.ns).set("var", feature));
    for (const auto& form : forms) query.add(form.to_element());
    return query.to_string(ns::client);
}

/// XEP-0050 §2: the list of commands and each command are nodes that can be asked about.
std::optional<Identity> automation_identity(Host& host, std::string_view node) {
    if (node == commands_ns) return Identity{"automation", "command-list", "Commands"};
    const auto command = host.commands().find(node);
    if (command == host.commands().end()) return std::nullopt;
    return Identity{"automation", "command-node", command->second.name};
}

/// XEP-0050 §2.2: a command that the asking person may not run.
bool is_for_others(Host& host, std::string_view node, const Jid& asking) {
    const auto command = host.commands().find(node);
    return command != host.commands().end() && command->second.for_administrators && !host.is_administrator(asking);
}

Task<Reply> get_info(Host& host, const Iq& iq) {
    const auto node = iq.payload.attribute("node");
    const bool is_own = iq.to.bare_text() == iq.from.bare_text();
    if (const auto identity = iq.to.local().empty() || is_own ? automation_identity(host, node) : std::nullopt) {
        if (is_for_others(host, node, iq.from)) co_return refuse(Condition::forbidden, "Only administrators may do that.");
        co_return describe(node, *identity, {commands_ns, std::string(ns::data_forms)});
    }
    if (iq.to.local().empty()) {
        const bool known = node.empty() || node == std::string(caps_node) + "#" + caps_version(host);
        if (!known) co_return refuse(Condition::item_not_found, "There is no such node.");
        co_return describe(node, server_identity, host.features(At::server), host.server_forms());
    }
    if (!node.empty() && host.node_info()) co_return co_await host.node_info()(host, iq);
    // XEP-0030 §8: about an account only who may see its presence learns more than that nobody answers.
    if (!is_own && !co_await host.may_see(iq.from, iq.to))
        co_return refuse(Condition::service_unavailable);
    co_return describe({}, account_identity, host.features(At::own));
}

Task<Reply> get_items(Host& host, const Iq& iq) {
    xml::Element query(items);
    const auto node = iq.payload.attribute("node");
    if (!node.empty()) query.set("node", node);
    const bool is_own = iq.to.bare_text() == iq.from.bare_text();
    if (!iq.to.local().empty() && !(is_own && node == commands_ns)) {
        // XEP-0030 §8: the same empty list for what a stranger may not see and for an account that does not exist.
        if (!host.is_account(iq.to)) co_return query.to_string(ns::client);
        const auto listed = co_await host.node_items()(host, iq);
        if (!listed && !is_own && !co_await host.may_see(iq.from, iq.to)) co_return query.to_string(ns::client);
        co_return listed;
    }
    if (!node.empty()) {
        const auto listed = host.items(iq.from, node);
        if (listed.empty()) co_return refuse(Condition::item_not_found, "There is no such node.");
        const auto& here = is_own ? iq.to.text() : host.domain();
        for (const auto& item : listed)
            query.add(xml::Element("item", items.ns).set("jid", item.jid.empty() ? here : item.jid).set("node", item.node).set("name", item.name));
    } else {
        for (const auto& service : host.services())
            query.add(xml::Element("item", items.ns).set("jid", service.jid).set("name", service.name));
    }
    co_return query.to_string(ns::client);
}

}  // namespace

const Feature disco{
    .name = "disco",
    .spec = "XEP-0030 2.5.0, XEP-0115 1.6.0",
    .disco = {info.ns, items.ns, "http://jabber.org/protocol/caps", "msgoffline"},  // the last: XEP-0160 §4, core/
    .account_disco = {info.ns, items.ns},
    .install = [](Host& host) {
        host.on_get(At::server | At::own | At::other, info, get_info);
        host.on_get(At::server | At::own | At::other | At::nobody, items, get_items);
        host.offer("<c xmlns='http://jabber.org/protocol/caps' hash='sha-1' node='" + std::string(caps_node) + "' ver='" +
                   caps_version(host) + "'/>");
    },
};

}  // namespace chancery
