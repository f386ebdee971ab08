// Who is told of an event, and how (XEP-0060 §7.1.2, XEP-0163 §4.3): a headline to each client that wants it.

#include <algorithm>

#include "base/bytes.h"
#include "base/crypto.h"
#include "features/pubsub/engine.h"

namespace chancery::pubsub {
namespace {

/// Somebody who may get an event, and why they do.
struct Hearer {
    bool by_interest = false;               ///< those of their clients that say they want the node
    bool as_a_whole = false;                ///< the bare address has subscribed
    std::vector<std::string> devices = {};  ///< that have subscribed
};
using Audience = std::map<Jid, Hearer>;  // by bare address

/// A message with an event, and of whom the links in it are.
struct Telling {
    std::string node, message;
    std::optional<Jid> publisher = {};
    Time published = {};

    std::string to(const Host& host, const Jid& hearer) const {
        auto xml = addressed(message, hearer);
        return publisher ? host.with_links(std::move(xml), *publisher, published, hearer.bare()) : xml;
    }
};

/// Without 'to'. An event that is sent later than it happened says when that was (XEP-0060 §6.1.7).
std::string message_of(const Jid& owner, const std::string& content, const Item* dated) {
    std::string xml = "<message";
    xml::append_attribute(xml, "from", owner.text());
    xml::append_attribute(xml, "id", to_hex(random_bytes(8)));
    xml.append(" type='headline'><event xmlns='").append(ns_event).append("'>").append(content).append("</event>");
    if (dated) xml.append("<delay xmlns='urn:xmpp:delay' stamp='").append(to_iso(dated->published)).append("'/>");
    return xml + "</message>";
}

/// The person's contacts and who has subscribed by themselves, as far as they may read the node now.
Task<Audience> audience_of(Host& host, const Node& node) {
    std::map<Jid, Standing> contacts;
    const auto look = [&contacts](const Roster& roster) {
        for (const auto& [jid, contact] : roster.contacts)
            if (contact.subscription.from) contacts.emplace(jid, Standing{.sees_presence = true, .groups = contact.groups});
    };
    Audience audience;
    if (host.is_account(node.owner)) {
        audience[node.owner].by_interest = true;
        co_await host.home_of(node.owner).read_roster(node.owner, look);
    }
    for (const auto& [jid, standing] : contacts)
        if (may_read(node, jid, standing)) audience[jid.bare()].by_interest = true;
    for (const auto& [jid, id] : node.subscriptions) {
        const auto contact = contacts.find(jid.bare());
        if (!may_read(node, jid, contact == contacts.end() ? Standing() : contact->second)) continue;
        auto& hearer = audience[jid.bare()];
        if (jid.is_full()) hearer.devices.emplace_back(jid.resource());
        else hearer.as_a_whole = true;
    }
    std::erase_if(audience, [&](const auto& entry) { return entry.first != node.owner && host.block_lists().is_between(node.owner, entry.first); });
    co_return audience;
}

void tell_here(Home& home, const Jid& person, const Hearer& hearer, const Telling& telling) {
    auto* known = home.known(person);
    if (!known) return;
    for (const auto& session : known->sessions) {
        if (!session->is_available()) continue;
        const auto capabilities = home.caps().of(person, session->jid());
        const bool wants = hearer.by_interest && capabilities && capabilities->wants(telling.node);
        const bool has_subscribed = (hearer.as_a_whole && session->takes_messages()) ||
                                    std::ranges::find(hearer.devices, session->jid().resource()) != hearer.devices.end();
        if (wants || has_subscribed) session->send(telling.to(home.host(), session->jid()));
    }
}

/// Those whose presence the owner has are told device by device; of others only the address that subscribed.
void tell_outside(Host& host, const Node& node, const Jid& person, const Hearer& hearer, const Telling& telling) {
    std::set<Jid> told;
    const auto tell = [&](const Jid& jid) {
        if (told.insert(jid).second) host.send_to(jid, telling.to(host, jid));
    };
    if (hearer.by_interest)
        for (const auto& [client, known] : host.home_of(node.owner).caps().clients_of(node.owner))
            if (client.bare() == person && known->wants(node.name)) tell(client);
    if (hearer.as_a_whole && told.empty()) tell(person);
    for (const auto& device : hearer.devices)
        if (const auto jid = person.with_resource(device)) tell(*jid);
}

}  // namespace

Task<> notify(Host& host, Node node, Event event) {
    if (!node.settings.deliver_notifications) co_return;
    const auto audience = co_await audience_of(host, node);
    const auto telling = std::make_shared<const Telling>(node.name, message_of(node.owner, event.content, nullptr), event.publisher, event.published);
    std::vector<std::vector<std::pair<Jid, Hearer>>> here(host.home_count());  // one letter to each home
    for (const auto& [person, hearer] : audience) {
        if (host.is_account(person)) here[host.home_index(person)].emplace_back(person, hearer);
        else tell_outside(host, node, person, hearer, *telling);
    }
    for (auto& people : here) {
        if (people.empty()) continue;
        const auto anyone = people.front().first;
        host.at_home(anyone, [telling, people = std::move(people)](Home& home) {
            for (const auto& [person, hearer] : people) tell_here(home, person, hearer, *telling);
        });
    }
}

void notify_one(Host& host, const Node& node, const Jid& subscriber, const std::string& content, const Item* dated) {
    Telling telling{.node = {}, .message = message_of(node.owner, content, dated)};
    if (dated) {
        telling.publisher = publisher_of(*dated);
        telling.published = dated->published;
    }
    Hearer hearer{.as_a_whole = subscriber.is_bare()};
    if (subscriber.is_full()) hearer.devices.emplace_back(subscriber.resource());
    const auto person = subscriber.bare();
    if (!host.is_account(person)) return tell_outside(host, node, person, hearer, telling);
    host.at_home(person, [person, hearer, telling = std::move(telling)](Home& home) { tell_here(home, person, hearer, telling); });
}

Task<> send_last_items(Host& host, std::vector<Jid> owners, Jid client, Caps::Known known) {
    auto& engine = host.kept<Engine>();
    const auto nodes = co_await engine.store().nodes(std::move(owners), known->interests());
    std::vector<Node> readable;
    for (const auto& node : nodes) {
        const auto& settings = node.settings;
        if (settings.send_last != SendLast::on_sub_and_presence || !settings.deliver_notifications) continue;
        Standing standing{.sees_presence = true, .groups = {}};  // the caller knows it
        if (settings.access == Access::roster) standing = co_await engine.standing(node.owner, client.bare());
        if (may_read(node, client, standing)) readable.push_back(node);
    }
    const auto last = co_await engine.store().last(std::move(readable));
    for (const auto& [node, item] : last) {
        auto message = addressed(message_of(node.owner, items_event(node, {item}), &item), client);
        host.send_to(client, with_links(host, std::move(message), item, client.bare()));
    }
}

}  // namespace chancery::pubsub
