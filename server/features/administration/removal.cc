// Removing accounts for good (XEP-0133 §4.2): with their contacts, nodes, devices, what they are in rooms and whatever waits for them. The record keeps
// what they wrote, and their name stays theirs until "chancery user release".

#include "features/administration/administration.h"

namespace chancery::administration {
namespace {

Task<Reply> whom_form(Host&, const Iq&) {
    auto form = blank("Remove accounts", "Contacts, devices and what waits for these people is forgotten. To keep somebody out for a time, disable them.");
    co_return form.add(field("accountjids", "jid-multi", "Addresses")).to_xml();
}

Result<std::vector<Jid>, StanzaError> removable(Host& host, const Iq& iq, const xml::Element& element) {
    auto people = people_in(host, element);
    if (!people) return people;
    for (const auto& person : *people)
        if (person.bare_text() == iq.from.bare_text()) return refuse(Condition::not_allowed, "You cannot remove yourself.");
    return people;
}

Task<Reply> confirm_form(Host& host, const Iq& iq, const xml::Element& filled_in) {
    const auto people = removable(host, iq, filled_in);
    if (!people) co_return std::unexpected(people.error());
    std::string names;
    for (const auto& person : *people) names += std::string(names.empty() ? "" : ", ") + std::string(person.bare_text());
    auto form = blank("Remove for good?", names + ": this cannot be taken back.");
    co_return form.add(field("confirm", "boolean", "Remove them")).to_xml();
}

/// Tells every contact that the person is theirs no longer, at the person's home.
Task<> take_leave(Host& host, Jid person) {
    auto& home = host.home_of(person);
    auto& owner = home.user(person);
    std::vector<Jid> contacts;
    {
        const auto guard = co_await home.lock_roster(owner);
        for (const auto& [contact, entry] : owner.roster->contacts) contacts.push_back(contact);
    }
    for (const auto& contact : contacts) (void)co_await home.remove_roster_item(owner, contact);
}

/// What the home still knows of somebody who has no account any more.
bool forget(Home& home, const Jid& person) {
    auto* owner = home.known(person);
    if (!owner) return false;
    home.host().ledger().settle(std::exchange(owner->offline, {}));
    owner->push_targets.clear();
    owner->ended_streams.clear();
    owner->away_message.clear();
    owner->left.reset();
    return true;
}

Task<Reply> remove(Host& host, const Iq& iq, const xml::Element& element) {
    const auto people = removable(host, iq, element);
    if (!people) co_return std::unexpected(people.error());
    for (const auto& address : *people) {
        const auto person = address.bare();
        const std::string name(person.local());
        co_await record(host, iq, {{"command", "user remove"}, {"name", name}});
        // If the server stops on the way, the account is disabled at least, and can be removed again.
        const auto disabled = co_await host.accounts().set_disabled(name, "removed by an administrator");
        if (!disabled) co_return refusal_of(disabled.error());
        co_await end_sessions(host, person, "This account was removed.");
        auto leaving = take_leave(host, person);
        co_await host.visit(host.home_of(person), std::move(leaving));
        co_await host.forget_at_services(person, iq.from);
        co_await host.block_lists().unblock(person, {});
        const auto removed = co_await host.accounts().remove(name);
        if (!removed) co_return refusal_of(removed.error());
        const auto forget_here = [person](Home& home) { return forget(home, person); };
        co_await host.ask(person, forget_here);
    }
    co_return std::to_string(people->size()) + " removed.";
}

Task<Reply> remove_if_confirmed(Host& host, const Iq& iq, const xml::Element& element) {
    const auto confirmed = DataForm(element).text("confirm");
    if (confirmed != "1" && confirmed != "true") co_return refuse(Condition::not_acceptable, "Nobody was removed: it was not confirmed.");
    co_return co_await remove(host, iq, element);
}

}  // namespace

void add_removal(Host& host) {
    add(host, "http://jabber.org/protocol/admin#delete-user", {.name = "Remove accounts", .form = whom_form, .submit = remove_if_confirmed, .following = {confirm_form},
                                                                    .submit_first = remove});
}

}  // namespace chancery::administration
