// Adding, disabling and re-enabling accounts, changing passwords, and saying who administers.

#include "features/administration/administration.h"

#include <algorithm>
#include <set>

namespace chancery::administration {
namespace {

Task<Reply> add_form(Host&, const Iq&) {
    auto form = blank("Add an account", "The person can sign in at once.");
    form.add(field("accountjid", "jid-single", "Address")).add(field("password", "text-private", "Password"));
    co_return form.add(field("password-verify", "text-private", "The password again")).to_xml();
}

Task<Reply> add_user(Host& host, const Iq& iq, const xml::Element& element) {
    const DataForm form(element);
    const auto person = Jid::parse(form.text("accountjid"));
    if (!person || !host.is_local(*person) || !person->is_bare() || person->local().empty())
        co_return refuse(Condition::jid_malformed, "The address must be name@" + host.domain() + ".");
    if (form.text("password") != form.text("password-verify"))
        co_return refuse(Condition::not_acceptable, "The two passwords are not the same.");
    const std::string name(person->local());
    co_await record(host, iq, {{"command", "user add"}, {"name", name}});
    NewAccount account{.name = name, .password = Secret(form.text("password")), .roles = {}};
    const auto done = co_await host.accounts().create(std::move(account));
    if (!done) co_return refusal_of(done.error());
    co_return person->text() + " can sign in now.";
}

DataForm::Field people() { return field("accountjids", "jid-multi", "Addresses"); }

Task<Reply> disable_form(Host&, const Iq&) {
    auto form = blank("Disable accounts", "Their devices are signed out, and cannot sign in again.");
    auto reason = field("reason", "text-single", "What the person is told");
    reason.required = false;
    co_return form.add(people()).add(std::move(reason)).to_xml();
}

Task<Reply> disable_users(Host& host, const Iq& iq, const xml::Element& element) {
    const auto people = people_in(host, element);
    if (!people) co_return std::unexpected(people.error());
    auto reason = DataForm(element).text("reason");
    if (reason.empty()) reason = "disabled by an administrator";
    for (const auto& person : *people)
        if (person.bare_text() == iq.from.bare_text())
            co_return refuse(Condition::not_allowed, "You cannot disable yourself.");
    for (const auto& person : *people) {
        const std::string name(person.local());
        co_await record(host, iq, {{"command", "user disable"}, {"name", name}, {"reason", reason}});
        const auto done = co_await host.accounts().set_disabled(name, reason);
        if (!done) co_return refusal_of(done.error());
        co_await end_sessions(host, person.bare(), "This account was disabled.");
    }
    co_return std::to_string(people->size()) + " disabled.";
}

Task<Reply> enable_form(Host&, const Iq&) {
    co_return blank("Re-enable accounts", "They can sign in again, with their passwords.").add(people()).to_xml();
}

Task<Reply> enable_users(Host& host, const Iq& iq, const xml::Element& element) {
    const auto people = people_in(host, element);
    if (!people) co_return std::unexpected(people.error());
    for (const auto& person : *people) {
        const std::string name(person.local());
        co_await record(host, iq, {{"command", "user enable"}, {"name", name}});
        const auto done = co_await host.accounts().set_disabled(name, std::nullopt);
        if (!done) co_return refusal_of(done.error());
    }
    co_return std::to_string(people->size()) + " enabled.";
}

Task<Reply> password_form(Host&, const Iq&) {
    auto form = blank("Change somebody's password", "Their devices are signed out.");
    co_return form.add(field("accountjid", "jid-single", "Address")).add(field("password", "text-private", "New password")).to_xml();
}

Task<Reply> change_password(Host& host, const Iq& iq, const xml::Element& element) {
    const auto person = person_in(host, element);
    if (!person) co_return std::unexpected(person.error());
    const std::string name(person->local());
    co_await record(host, iq, {{"command", "user password"}, {"name", name}});
    Secret password(DataForm(element).text("password"));
    const auto done = co_await host.accounts().set_password(name, std::move(password));
    if (!done) co_return refusal_of(done.error());
    co_await end_sessions(host, person->bare(), "The password was changed. Sign in again.");
    co_return "The password of " + std::string(person->bare_text()) + " is changed.";
}

Task<Reply> administrators_form(Host& host, const Iq&) {
    DataForm::Field who = field("adminjids", "jid-multi", "Administrators");
    for (const auto& account : host.accounts().list())
        if (host.accounts().has_role(account.name, "administrator")) who.values.push_back(account.name + "@" + host.domain());
    co_return blank("Who administers", "Everybody who is not in this list loses the role.").add(std::move(who)).to_xml();
}

Task<Reply> change_administrators(Host& host, const Iq& iq, const xml::Element& element) {
    const auto people = people_in(host, element);
    if (!people) co_return std::unexpected(people.error());
    std::set<std::string, std::less<>> wanted;
    for (const auto& person : *people) wanted.emplace(person.local());
    if (!wanted.contains(iq.from.local())) co_return refuse(Condition::not_allowed, "You cannot take the role from yourself.");
    std::size_t changed = 0;
    for (auto& account : host.accounts().list()) {
        const bool is_one = std::ranges::find(account.roles, "administrator") != account.roles.end();
        if (is_one == wanted.contains(account.name)) continue;
        if (is_one) std::erase(account.roles, "administrator");
        else account.roles.emplace_back("administrator");
        co_await record(host, iq, {{"command", "user roles"}, {"name", account.name}, {"roles", account.roles}});
        const auto done = co_await host.accounts().set_roles(account.name, account.roles);
        if (!done) co_return refusal_of(done.error());
        ++changed;
    }
    co_return std::to_string(changed) + " changed.";
}

}  // namespace

void add_account_commands(Host& host) {
    add(host, "http://jabber.org/protocol/admin#add-user", {"Add an account", add_form, add_user});
    add(host, "http://jabber.org/protocol/admin#disable-user", {"Disable accounts", disable_form, disable_users});
    add(host, "http://jabber.org/protocol/admin#reenable-user", {"Re-enable accounts", enable_form, enable_users});
    add(host, "http://jabber.org/protocol/admin#change-user-password", {"Change somebody's password", password_form, change_password});
    add(host, "http://jabber.org/protocol/admin#edit-admin", {"Who administers", administrators_form, change_administrators});
}

}  // namespace chancery::administration
