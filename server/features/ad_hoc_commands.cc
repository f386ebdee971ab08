// XEP-0050: Ad-Hoc Commands of the server. Commands are registered by other features; each has one form, several or none. Some
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

/// A command that asks several forms, while it is being filled in.
struct Filling {
    std::string node;
    Jid asking;                            ///< full
    std::vector<xml::Element> filled_in;   ///< of the forms so far
    Time until;
};

/// On each home those of its people: a session ends with the command, or when nothing was heard of it for long.
struct Fillings {
    explicit Fillings(std::size_t homes) : at_home(homes) {}
    std::vector<std::map<std::string, Filling>> at_home;
};

constexpr auto filling_life = std::chrono::minutes(10);
constexpr std::size_t most_fillings = 10'000;  // of a home

std::string reply(std::string_view node, std::string_view session, std::string_view status, const std::string& content) {
    xml::Element command(command_tag);
    command.set("node", node).set("sessionid", session).set("status", status);
    if (!content.empty()) command.add_raw(content);
    return command.to_string(ns::client);
}

/// §3.4: which actions a form has beside cancel.
std::string actions(std::string_view execute, const std::vector<std::string_view>& allowed) {
    xml::Element element("actions", ns_commands);
    element.set("execute", execute);
    for (const auto action : allowed) element.add(xml::Element(action, ns_commands));
    return element.to_string(ns::client);
}

std::unexpected<StanzaError> wrong(Condition condition, std::string_view detail, std::string text) {
    std::string application = "<" + std::string(detail) + " xmlns='" + std::string(ns_commands) + "'/>";
    return std::unexpected(StanzaError{condition, std::move(text), {}, std::move(application)});
}

/// §4.4: what a command says of a form that lacks something it requires.
StanzaError of_payload(StanzaError error) {
    if (error.condition != Condition::bad_request) return error;
    return wrong(Condition::bad_request, "bad-payload", std::move(error.text)).error();
}

std::unexpected<StanzaError> wrong_action(std::string text) { return wrong(Condition::bad_request, "bad-action", std::move(text)); }

/// The fields of all forms in one.
xml::Element together(const std::vector<xml::Element>& filled_in) {
    xml::Element all(form_tag);
    all.set("type", "submit");
    for (const auto& form : filled_in)
        for (const auto& field : form.children()) all.add(field);
    return all;
}

Task<Reply> finish(Host& host, const Iq& iq, const Command& command, decltype(Command::submit) submit, std::string session, xml::Element form) {
    const auto node = iq.payload.attribute("node");
    const auto done = co_await submit(host, iq, form);
    if (!done) co_return std::unexpected(of_payload(done.error()));
    if (command.gives_form) co_return reply(node, session, "completed", *done);
    co_return reply(node, session, "completed", "<note xmlns='" + std::string(ns_commands) + "' type='info'>" + xml::escape(*done) + "</note>");
}

/// The form that follows on those that are filled in.
Task<Reply> show_stage(Host& host, const Iq& iq, const Command& command, std::string session, std::vector<xml::Element> filled_in) {
    const auto stage = filled_in.size();
    const auto so_far = together(filled_in);
    const auto form = stage == 0 ? co_await command.form(host, iq) : co_await command.following[stage - 1](host, iq, so_far);
    if (!form) co_return std::unexpected(of_payload(form.error()));
    const bool is_last = stage == command.following.size();
    std::vector<std::string_view> allowed;
    if (stage > 0) allowed.push_back("prev");
    if (!is_last) allowed.push_back("next");
    if (is_last || (stage == 0 && command.submit_first)) allowed.push_back("complete");
    co_return reply(iq.payload.attribute("node"), session, "executing", actions(is_last ? "complete" : "next", allowed) + *form);
}

/// The session that the request goes on with, or a new one.
Result<std::string, StanzaError> filling_of(Host& host, const Iq& iq) {
    auto& fillings = host.kept<Fillings>().at_home[host.home_index(iq.from)];
    std::string session(iq.payload.attribute("sessionid"));
    const auto now = host.now();
    if (!session.empty()) {
        const auto found = fillings.find(session);
        if (found == fillings.end() || found->second.asking != iq.from || found->second.node != iq.payload.attribute("node"))
            return wrong(Condition::bad_request, "bad-sessionid", "There is no such session of this command. Begin anew.");
        if (found->second.until < now) {
            fillings.erase(found);
            return wrong(Condition::not_allowed, "session-expired", "That took too long. Begin anew.");
        }
        found->second.until = now + filling_life;
        return session;
    }
    if (fillings.size() >= most_fillings) std::erase_if(fillings, [now](const auto& each) { return each.second.until < now; });
    if (fillings.size() >= most_fillings) return refuse(Condition::resource_constraint, "Too many commands are being filled in. Try again later.");
    session = to_hex(random_bytes(8));
    fillings.emplace(session, Filling{std::string(iq.payload.attribute("node")), iq.from, {}, now + filling_life});
    return session;
}

/// One stanza of a command with several forms (§3.4). The handler may take its time: the session is looked up again.
Task<Reply> go_on(Host& host, const Iq& iq, const Command& command, const xml::Element* form) {
    const auto session = filling_of(host, iq);
    if (!session) co_return std::unexpected(session.error());
    auto& fillings = host.kept<Fillings>().at_home[host.home_index(iq.from)];
    const auto action = iq.payload.attribute("action");
    auto filled_in = fillings.at(*session).filled_in;
    const bool is_last = filled_in.size() == command.following.size();
    if (action == "cancel") {
        fillings.erase(*session);
        co_return reply(iq.payload.attribute("node"), *session, "canceled", {});
    }
    if (action == "prev") {
        if (filled_in.empty()) co_return wrong_action("There is no form before this one.");
        filled_in.pop_back();
    } else if (form) {
        const bool completes = is_last || (action == "complete" && filled_in.empty() && command.submit_first);
        if (action == "complete" && !completes) co_return wrong_action("Another form follows.");
        if (action == "next" && is_last) co_return wrong_action("No form follows.");
        filled_in.push_back(*form);
        if (completes) {
            auto done = co_await finish(host, iq, command, is_last ? command.submit : command.submit_first, *session, together(filled_in));
            if (done) fillings.erase(*session);
            co_return done;
        }
    }
    auto shown = co_await show_stage(host, iq, command, *session, filled_in);
    const auto found = fillings.find(*session);
    if (shown && found != fillings.end()) found->second.filled_in = std::move(filled_in);
    co_return shown;
}

Task<Reply> execute(Host& host, const Iq& iq) {
    const auto node = iq.payload.attribute("node");
    const auto found = host.commands().find(node);
    if (found == host.commands().end() && node.starts_with("http://jabber.org/protocol/admin#"))  // XEP-0133 §5
        co_return refuse(Condition::feature_not_implemented, "This server is not administered in that way.");
    if (found == host.commands().end()) co_return refuse(Condition::item_not_found, "There is no such command.");
    const auto& command = found->second;
    if (!host.is_account(iq.from)) co_return refuse(Condition::forbidden, "The commands are for people of this server.");
    if (!may_run(host, command, iq.from)) co_return refuse(Condition::forbidden, "Only administrators may do that.");
    const auto action = iq.payload.attribute("action");
    const auto* form = iq.payload.child(form_tag);
    if (form && form->attribute("type") != "submit") form = nullptr;
    const bool is_known = action.empty() || action == "execute" || action == "complete" || action == "next" || action == "prev" || action == "cancel";
    if (!is_known) co_return wrong(Condition::bad_request, "malformed-action", "The action must be execute, next, prev, complete or cancel.");
    if (action == "prev" && command.following.empty()) co_return wrong_action("There is no form before this one.");
    if (!command.following.empty()) co_return co_await go_on(host, iq, command, form);

    // What asks one form needs no memory of the session.
    std::string session(iq.payload.attribute("sessionid"));
    if (session.empty()) session = to_hex(random_bytes(8));
    if (action == "cancel") co_return reply(node, session, "canceled", {});
    if (!command.form) co_return co_await finish(host, iq, command, command.submit, session, xml::Element(form_tag));
    if (form) co_return co_await finish(host, iq, command, command.submit, session, *form);
    const auto blank = co_await command.form(host, iq);
    if (!blank) co_return std::unexpected(blank.error());
    co_return reply(node, session, "executing", actions("complete", {"complete"}) + *blank);
}

}  // namespace

const Feature ad_hoc_commands{
    .name = "ad-hoc-commands",
    .spec = "XEP-0050 1.3.0",
    .disco = {ns_commands},
    .install = [](Host& host) {
        host.keep(std::make_shared<Fillings>(host.home_count()));
        host.on_set(At::server | At::own, command_tag, execute);
        host.list_items(ns_commands, list);
    },
};

}  // namespace chancery
