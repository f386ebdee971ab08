// Groups of accounts: add, remove, list, show, who is in them. What a script says twice is true once.

#include <algorithm>
#include <set>

#include "admin/commands.h"
#include "base/bytes.h"

namespace chancery::admin {
namespace {

std::string in_quotes(std::string_view name) { return "\"" + std::string(name) + "\""; }

/// The groups that there are, so that who mistyped a name sees the right one.
AdminError no_such_group(const Context& context, const std::string& name) {
    constexpr std::size_t most_named = 20;
    const auto groups = context.accounts.groups().list();
    if (groups.empty()) return AdminError("There is no group " + in_quotes(name) + ", nor any other. Add it: chancery group add " + in_quotes(name));
    std::string text = "There is no group " + in_quotes(name) + ". There is ";
    for (std::size_t i = 0; i < std::min(groups.size(), most_named); ++i) text += (i ? ", " : "") + in_quotes(groups[i].name);
    return AdminError(text + (groups.size() > most_named ? " and more: chancery group list" : "."));
}

AdminError refused(const Context& context, const std::string& name, GroupError error) {
    if (error == GroupError::unknown) return no_such_group(context, name);
    return AdminError(name + ": " + std::string(text(error)));
}

/// The accounts that the request names. @throws AdminError  naming who has none
std::set<std::string> members_in(const Context& context, const json& request) {
    std::set<std::string> accounts;
    for (const auto& typed : request.at("members").get<std::vector<std::string>>()) {
        const auto account = account_named(context, typed);
        if (!account) throw AdminError(typed + ": there is no such account. Nothing was changed. See: chancery user list");
        accounts.insert(*account);
    }
    if (accounts.empty()) throw AdminError("Say who: chancery group member add GROUP NAME...");
    return accounts;
}

}  // namespace

Group group_named(const Context& context, const std::string& name) {
    auto group = context.accounts.groups().find(name);
    if (!group) throw no_such_group(context, name);
    return std::move(*group);
}

json add_group(Context& context, const json& request) {
    const auto name = request.at("name").get<std::string>();
    const auto is_new = context.accounts.groups().add_now(name);
    if (!is_new) throw refused(context, name, is_new.error());
    return {{"added", group_named(context, name).name}, {"existed", !*is_new}};
}

json remove_group(Context& context, const json& request) {
    const auto name = request.at("name").get<std::string>();
    const auto removed = context.accounts.groups().remove_now(name);
    if (!removed) throw refused(context, name, removed.error());
    return {{"removed", removed->name}, {"members", removed->members}};
}

json list_groups(Context& context, const json&) {
    json groups = json::array();
    for (const auto& group : context.accounts.groups().list())
        groups.push_back({{"name", group.name}, {"members", group.members.size()}, {"created", to_iso(group.created)}});
    return {{"groups", groups}};
}

json show_group(Context& context, const json& request) {
    const auto group = group_named(context, request.at("name").get<std::string>());
    json members = json::array();
    for (const auto& name : group.members) members.push_back({{"name", name}, {"disabled", !context.accounts.is_enabled(name)}});
    return {{"group", {{"name", group.name}, {"created", to_iso(group.created)}, {"members", members}}}};
}

json add_members(Context& context, const json& request) {
    const auto name = request.at("name").get<std::string>();
    const auto changed = context.accounts.groups().add_members_now(name, members_in(context, request));
    if (!changed) throw refused(context, name, changed.error());
    return {{"group", changed->group}, {"added", changed->now}, {"already", changed->before}};
}

json remove_members(Context& context, const json& request) {
    const auto name = request.at("name").get<std::string>();
    const auto changed = context.accounts.groups().remove_members_now(name, members_in(context, request));
    if (!changed) throw refused(context, name, changed.error());
    return {{"group", changed->group}, {"removed", changed->now}, {"not_members", changed->before}};
}

}  // namespace chancery::admin
