// XEP-0050: Ad-Hoc Commands of the server. Commands are registered by other features; each has one form or none. Some
// clients look for them at the person's own address, where the server answers too.

#include "base/bytes.h"
#include "base/crypto.h"
#include "features/features.h"

namespace chancery {
namespace {

constexpr std::string_view ns_commands = "http://jabber.org/protocol/commands";
constexpr xml::Tag command_tag{"command", ns_commands}, form_tag{"x", ns::data_forms};

bool may_run(Host& host, const Command& command, const Jid& asking) {
    return !command.for_administrators || host.is_administrator(asking);
}

std::vector<Host::Item> list(Host& host, const Jid& asking) {
    std::vector<Host::Item> items;
    for (const auto& [node, command] : host.commands())
        if (may_run(host, command, asking)) items.push_back({std::string(node), std::string(command.name)});
    return items;
}

std::string reply(std::string_view node, std::string_view session, std::string_view status, const std::string& content) {
    xml::Element command(command_tag);
    command.set("node", node).set("sessionid", session).set("status", status);
    if (!content.empty()) command.add_raw(content);
    return command.to_string(ns::client);
}

std::unexpected<StanzaError> wrong(Condition condition, std::string_view detail, std::string text) {
    std::string application = "<" + std::string(detail) + " xmlns='" + std::string(ns_commands) + "'/>";
    return std::unexpected(StanzaError{condition, std::move(text), {}, std::move(application)});
}

Task<Reply> execute(Host& host, const Iq& iq) {
    const auto node = iq.payload.attribute("node");
    const auto found = host.commands().find(node);
    if (found == host.commands().end()) co_return refuse(Condition::item_not_found, "There is no such command.");
    const auto& command = found->second;
    if (!host.is_account(iq.from)) co_return refuse(Condition::forbidden, "The commands are for people of this server.");
    if (!may_run(host, command, iq.from)) co_return refuse(Condition::forbidden, "Only administrators may do that.");
    const auto action = iq.payload.attribute("action");
    std::string session(iq.payload.attribute("sessionid"));
    if (session.empty()) session = to_hex(random_bytes(8));

    if (action == "cancel") co_return reply(node, session, "canceled", {});
    if (!action.empty() && action != "execute" && action != "complete" && action != "next")
        co_return wrong(Condition::bad_request, "bad-action", "The action must be execute, complete or cancel.");
    const auto* form = iq.payload.child(form_tag);
    const xml::Element nothing(form_tag);
    if (!command.form) {
        form = &nothing;
    } else if (!form || form->attribute("type") != "submit") {
        const auto blank = co_await command.form(host, iq);
        if (!blank) co_return std::unexpected(blank.error());
        co_return reply(node, session, "executing", "<actions xmlns='" + std::string(ns_commands) + "' execute='complete'><complete/></actions>" + *blank);
    }
    const auto done = co_await command.submit(host, iq, *form);
    if (!done) co_return std::unexpected(done.error());
    if (command.gives_form) co_return reply(node, session, "completed", *done);
    co_return reply(node, session, "completed", "<note xmlns='" + std::string(ns_commands) + "' type='info'>" + xml::escape(*done) + "</note>");
}

}  // namespace

const Feature ad_hoc_commands{
    .name = "ad-hoc-commands",
    .spec = "XEP-0050 1.3.0",
    .disco = {ns_commands},
    .install = [](Host& host) {
        host.on_set(At::server | At::own, command_tag, execute);
        host.list_items(ns_commands, list);
    },
};

}  // namespace chancery
