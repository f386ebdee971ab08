// XEP-0163: Personal Eventing Protocol. Every account has nodes of its own; contacts whose clients say so (XEP-0115) hear
// what is published there, and get the last of it when they come.

#include "features/features.h"
#include "features/pubsub/request.h"

namespace chancery {
namespace {

using namespace pubsub;

constexpr xml::Tag pubsub_tag{"pubsub", ns_pubsub}, owner_tag{"pubsub", ns_owner};

/// Whose last items a client may get that has just come, or has just become interested: of its person and of those whose
/// presence they see, or, when it is a contact's outside, of the person who shows them their presence.
Task<> greet(Host& host, Jid person, Jid client) {
    auto& home = host.home_of(person);
    const bool is_own = client.bare_text() == person.text();
    std::vector<Jid> owners;
    const auto look = [&](const Roster& roster) {
        for (const auto& [jid, contact] : roster.contacts)
            if (is_own && contact.subscription.to && host.is_account(jid)) owners.push_back(jid);
        const auto watcher = roster.contacts.find(client.bare());
        if (!is_own && watcher != roster.contacts.end() && watcher->second.subscription.from) owners.push_back(person);
    };
    co_await home.read_roster(person, look);
    std::erase_if(owners, [&](const Jid& owner) { return host.block_lists().is_between(owner, client); });
    if (is_own) owners.insert(owners.begin(), person);
    const auto known = home.caps().of(person, client);
    if (known && !owners.empty()) co_await send_last_items(host, std::move(owners), client, known);
}

void greet_soon(Host& host, const Jid& person, const Jid& client) {
    auto& home = host.home_of(person);
    const auto known = home.caps().of(person, client);
    if (known && !known->interests().empty()) home.tasks().spawn(greet(host, person, client));
}

/// XEP-0060 §9.1: who may see the presence from now on may see the rest.
void greet_subscriber(Host& host, const Jid& person, const Jid& contact) {
    const auto there = host.is_account(contact) ? contact : person;
    host.at_home(there, [&host, there, person, contact](Home& home) {
        for (const auto& [client, known] : home.caps().clients_of(there))
            if (client.bare() == contact.bare() && !known->interests().empty() && !host.block_lists().is_between(person, contact))
                home.tasks().spawn(send_last_items(host, std::vector<Jid>{person}, client, known));
    });
}

Task<> take_decision(Host& host, Jid owner, std::shared_ptr<const Message> message, Approval approval) {
    const auto decided = co_await decide(host, owner, message->from, std::move(approval));
    if (!decided) host.send_error(message->from, "message", owner, message->id, decided.error());
}

/// §8.6: what owners say of who asks to subscribe to their nodes, they say to their own address.
void hear_decision(Host& host, User& owner, const Delivery& delivery) {
    const auto& message = delivery.message;
    if (message->type == MessageType::error || message->from.bare_text() != owner.jid().text()) return;
    if (auto approval = approval_in(message->xml))
        host.home_of(owner.jid()).tasks().spawn(take_decision(host, owner.jid(), message, std::move(*approval)));
}

}  // namespace

const Feature personal_events{
    .name = "personal-events",
    .spec = "XEP-0163 1.2.2, XEP-0060 1.30.0, XEP-0223 1.1.1",
    .account_disco = {"http://jabber.org/protocol/pubsub#access-presence", "http://jabber.org/protocol/pubsub#access-roster",
                      "http://jabber.org/protocol/pubsub#auto-create", "http://jabber.org/protocol/pubsub#auto-subscribe",
                      "http://jabber.org/protocol/pubsub#filtered-notifications"},
    .install = [](Host& host) {
        host.keep(std::make_shared<Engine>(host));
        for (const auto feature : features_of_all_nodes) host.advertise(At::own, feature);
        for (const auto tag : {pubsub_tag, owner_tag}) {
            host.on_get(At::own | At::other, tag, answer);
            host.on_set(At::own | At::other, tag, answer);
        }
        host.describe_nodes(describe_node, list_nodes);
        host.on_capabilities(greet_soon);
        host.on_granted(greet_subscriber);
        host.on_delivered(hear_decision);
    },
};

}  // namespace chancery
