// Accounts: add, import, list, disable, remove, change passwords. What happens here is true at once in running sessions.

#include "admin/commands.h"
#include "admin/in_server.h"
#include "base/bytes.h"

namespace chancery::admin {

std::string local_part(const Context& context, std::string name) {
    const auto ours = "@" + context.config.domain;
    if (name.ends_with(ours)) name.resize(name.size() - ours.size());
    return name;
}

std::optional<std::string> account_named(const Context& context, const std::string& name) {
    const auto jid = Jid::of(local_part(context, name), context.config.domain);
    if (!jid || !context.accounts.is_user(jid->local())) return std::nullopt;
    return std::string(jid->local());
}

namespace {

std::string name_in(const Context& context, const json& request) { return local_part(context, request.at("name").get<std::string>()); }

void check(const Accounts::Done& done, const std::string& name) {
    if (!done) throw AdminError(name + ": " + std::string(text(done.error())));
}

/// Ends every session of the person: a disabled account and an old password are of no use from now on.
void end_sessions(Context& context, const std::string& name, const std::string& why) {
    if (!context.host) return;
    const auto jid = Jid::of(name, context.config.domain);
    if (!jid) return;
    auto& home = context.host->home_of(*jid);
    home.shard().post([&home, jid = *jid, why] {
        auto* person = home.known(jid);
        if (!person) return;
        std::vector<SessionId> ids;
        for (const auto& session : person->sessions) ids.push_back(session->id());
        for (auto id : ids) {
            if (auto* link = home.find(id)->link()) link->end({"policy-violation", why});
            home.close(id);
        }
    });
}

json describe(const Context& context, const AccountInfo& account) {
    json described = {{"name", account.name}, {"disabled", account.disabled_reason.has_value()}, {"roles", account.roles},
                      {"groups", context.accounts.groups().of(account.name)}, {"created", to_iso(account.created)}};
    if (account.disabled_reason) described["reason"] = *account.disabled_reason;
    if (account.last_logon) described["last_logon"] = to_iso(*account.last_logon);
    return described;
}

}  // namespace

json add_user(Context& context, const json& request) {
    NewAccount account{.name = name_in(context, request), .password = Secret(request.at("password").get<std::string>()),
                       .roles = request.value("administrator", false) ? std::vector<std::string>{"administrator"}
                                                                      : std::vector<std::string>()};
    check(context.accounts.create_now(std::move(account)), name_in(context, request));
    return {{"added", name_in(context, request)}};
}

json import_users(Context& context, const json& request) {
    std::vector<NewAccount> accounts;
    for (const auto& person : request.at("people"))
        accounts.push_back({.name = local_part(context, person.at(0).get<std::string>()), .password = Secret(person.at(1).get<std::string>()), .roles = {}});
    const auto imported = context.accounts.import_now(std::move(accounts));
    json refused = json::array();
    for (const auto& [name, error] : imported.refused) refused.push_back({{"name", name}, {"reason", text(error)}});
    return {{"created", imported.created}, {"refused", refused}};
}

json list_users(Context& context, const json& request) {
    const auto wanted = request.value("group", std::string());
    const auto group = wanted.empty() ? std::nullopt : std::optional(group_named(context, wanted));
    json users = json::array();
    for (const auto& account : context.accounts.list())
        if (!group || group->members.contains(account.name)) users.push_back(describe(context, account));
    return {{"users", users}};
}

json disable_user(Context& context, const json& request) {
    const auto reason = request.value("reason", std::string("disabled by an administrator"));
    check(context.accounts.set_disabled_now(name_in(context, request), reason), name_in(context, request));
    end_sessions(context, name_in(context, request), "This account was disabled.");
    return {{"disabled", name_in(context, request)}};
}

json enable_user(Context& context, const json& request) {
    check(context.accounts.set_disabled_now(name_in(context, request), std::nullopt), name_in(context, request));
    return {{"enabled", name_in(context, request)}};
}

/// By the command that administrators have in a client (XEP-0133 §4.2), run in the server's name.
json remove_user(Context& context, const json& request) {
    if (!context.host) throw AdminError("No server runs here, and contacts elsewhere are to be told. Start it first: chancery serve --data " + context.data.string());
    const auto name = account_named(context, request.at("name").get<std::string>());
    if (!name) throw AdminError(request.at("name").get<std::string>() + ": there is no such account");
    DataForm form("submit", "http://jabber.org/protocol/admin");
    form.add("accountjids", *name + "@" + context.config.domain);
    const auto reply = run_in_server(*context.host, "http://jabber.org/protocol/admin#delete-user", form.to_element());
    if (!reply) throw AdminError(*name + ": " + reply.error().text);
    return {{"removed", *name}};
}

/// The name of a removed account, which on record is that person's, may become somebody else's.
json release_name(Context& context, const json& request) {
    const auto name = name_in(context, request);
    const auto done = context.accounts.release_now(name);
    if (!done) throw AdminError(name + ": no account of that name was removed");
    return {{"released", name}};
}

json set_password(Context& context, const json& request) {
    check(context.accounts.set_password_now(name_in(context, request), Secret(request.at("password").get<std::string>())),
          name_in(context, request));
    end_sessions(context, name_in(context, request), "The password was changed. Sign in again.");
    return {{"changed", name_in(context, request)}};
}

}  // namespace chancery::admin
