// Changes of contact lists: by their owner (RFC 6121 §2) and by subscriptions (§3), pushed to every client that asked.

#include <algorithm>

#include "core/host.h"
#include "core/privileged.h"
#include "core/stanza_in.h"

namespace chancery {
namespace {

constexpr std::ptrdiff_t most_strangers = 500;  // people not on the list who wait for an answer

std::ptrdiff_t strangers_of(const std::map<Jid, Contact>& contacts) {
    return std::ranges::count_if(contacts, [](const auto& entry) { return !entry.second.listed; });
}

}  // namespace

Task<AsyncMutex::Guard> Home::lock_roster(User& owner) {
    auto guard = co_await owner.roster_lock.lock();
    if (!owner.roster) owner.roster = co_await host_.rosters().load(owner.jid());
    co_return guard;
}

void Home::drop_roster_if_unused(User& owner) {
    if (owner.sessions.empty() && !owner.roster_lock.locked()) owner.roster.reset();
}

/// Stores what became of a contact and tells the interested clients, after `cause`, the stanza that the change is due to.
/// The caller holds the roster's lock.
Task<> Home::store_contact(User& owner, Jid contact, std::optional<Contact> value, bool was_listed,
                           std::shared_ptr<const std::string> cause) {
    const bool worth_keeping = value && (value->listed || value->subscription != Subscription{});
    if (!worth_keeping) value.reset();
    const auto version = co_await host_.rosters().save(owner.jid(), contact, value);
    auto& roster = *owner.roster;
    roster.version = version;
    std::string item;
    if (value && value->listed) item = value->to_xml(contact);
    else if (was_listed)
        item = "<item jid='" + xml::escape(contact.text(), xml::Place::attribute) + "' subscription='remove'/>";
    if (value) {
        value->version = version;
        roster.removed.erase(contact);
        roster.contacts.insert_or_assign(contact, std::move(*value));
    } else {
        roster.contacts.erase(contact);
        roster.removed.insert_or_assign(contact, version);
        roster.forget_old();
    }
    if (cause) show_subscription(owner, cause);
    if (item.empty()) co_return;
    const auto query = "<query xmlns='jabber:iq:roster' ver='" + std::to_string(version) + "'>" + item + "</query>";
    for (const auto& session : owner.sessions) {  // RFC 6121 §2.1.6
        if (!session->interested) continue;
        session->send("<iq type='set' id='push" + std::to_string(version) + "' to='" +
                      xml::escape(session->jid().text(), xml::Place::attribute) + "'>" + query + "</iq>");
    }
    if (const auto& tell = host_.kept<Privileged>().roster_changed) tell(owner.jid(), query);
}

/// Shows an answer, or that a contact has left, to every client that may know the contact.
void Home::show_subscription(User& owner, const std::shared_ptr<const std::string>& stanza) {
    for (const auto& session : owner.sessions)
        if (session->interested || session->is_available()) session->send(stanza);
}

Task<> Home::change_roster_item(User& owner, Jid contact, std::string name, std::vector<std::string> groups) {
    const auto guard = co_await lock_roster(owner);
    auto& contacts = owner.roster->contacts;
    const auto place = contacts.find(contact);
    Contact changed = place == contacts.end() ? Contact() : place->second;
    const bool was_listed = changed.listed;
    changed.listed = true;
    changed.name = std::move(name);
    changed.groups = std::move(groups);
    co_await store_contact(owner, contact, std::move(changed), was_listed);
}

Task<bool> Home::remove_roster_item(User& owner, Jid contact) {  // RFC 6121 §2.5
    Subscription had;
    {
        const auto guard = co_await lock_roster(owner);
        const auto place = owner.roster->contacts.find(contact);
        if (place == owner.roster->contacts.end() || !place->second.listed) co_return false;
        had = place->second.subscription;
        co_await store_contact(owner, contact, std::nullopt, true);
    }
    if (had.to || had.asked) co_await tell(owner.jid(), contact, SubscriptionStanza::unsubscribe);
    if (had.from || had.pending_in) co_await tell(owner.jid(), contact, SubscriptionStanza::unsubscribed);
    if (had.from) send_all_presence(owner, contact, false);
    co_return true;
}

/// Passes a subscription stanza on to the contact's home, and ends when it has had its effect there, so that whatever the
/// person sends next comes after it.
Task<> Home::pass_subscription(Jid from, Jid to, SubscriptionStanza stanza, std::string xml) {
    if (auto* way = host_.way_to(to)) co_return way->send(to, std::move(xml));
    if (!host_.is_account(to)) co_return;  // RFC 6121 §8.5.1: silence, as from somebody who has not decided yet
    if (host_.block_lists().has_blocked(to, from)) co_return;
    auto& theirs = host_.home_of(to);
    auto received = theirs.receive_subscription(from, to, stanza, std::move(xml));
    co_await host_.visit(theirs, std::move(received));
}

/// The same in the server's words.
Task<> Home::tell(Jid from, Jid to, SubscriptionStanza stanza) {
    auto xml = subscription_xml(stanza, from, to);
    co_await pass_subscription(from, to, stanza, std::move(xml));
}

std::string Home::subscription_xml(SubscriptionStanza stanza, const Jid& from, const Jid& to) {
    return "<presence type='" + std::string(name_of(stanza)) + "' from='" +
           xml::escape(from.bare_text(), xml::Place::attribute) + "' to='" +
           xml::escape(to.bare_text(), xml::Place::attribute) + "'></presence>";
}

/// The presence of each available client to one contact, or to one device of theirs; or that each is unavailable.
void Home::send_all_presence(User& owner, const Jid& contact, bool available) {
    for (const auto& session : owner.sessions) {
        if (!session->is_available() || host_.block_lists().has_blocked(contact, session->jid())) continue;
        if (!available) {
            send_unavailable(*session, contact);
            continue;
        }
        const auto& xml = session->presence->xml;
        if (contact.is_full() || !host_.is_account(contact)) {
            host_.send_presence(contact, std::make_shared<const std::string>(addressed(xml, contact)));
            continue;
        }
        host_.at_home(contact, [from = session->jid(), contact, presence = std::make_shared<const std::string>(xml)](Home& theirs) {
            theirs.receive_broadcast(from, contact, presence);
        });
    }
}

void Home::send_unavailable(const Session& session, const Jid& to) {
    auto xml = std::make_shared<const std::string>("<presence type='unavailable' from='" +
                                                   xml::escape(session.jid().text(), xml::Place::attribute) + "' to='" +
                                                   xml::escape(to.text(), xml::Place::attribute) + "'></presence>");
    host_.send_presence(to, std::move(xml));
}

/// Who of `peers`, which may be domains and devices, sees the person's presence: contacts, and single devices of them.
std::vector<Jid> Home::watchers_among(const User& owner, const std::set<Jid>& peers) const {
    std::vector<Jid> watchers;
    if (!owner.roster) return watchers;
    for (const auto& [contact, entry] : owner.roster->contacts)
        if (entry.subscription.from && host_.is_reached(contact) && covers(peers, contact)) watchers.push_back(contact);
    for (const auto& peer : peers)
        if (peer.is_full() && host_.is_reached(peer) && sees_presence(owner, peer)) watchers.push_back(peer);
    return watchers;
}

void Home::hide_presence(const Jid& owner, const std::set<Jid>& peers) {
    auto* person = known(owner);
    if (!person) return;
    for (const auto& watcher : watchers_among(*person, peers)) send_all_presence(*person, watcher, false);
    for (const auto& session : person->sessions) {
        const auto leave = [&](const Jid& to) {
            if (!covers(peers, to) || !host_.is_reached(to) || to.bare_text() == owner.bare_text()) return false;
            if (!sees_presence(*person, to)) send_unavailable(*session, to);
            return true;
        };
        std::erase_if(session->directed, leave);
    }
}

void Home::show_presence(const Jid& owner, const std::set<Jid>& peers) {
    auto* person = known(owner);
    if (!person) return;
    for (const auto& watcher : watchers_among(*person, peers))
        if (!host_.block_lists().has_blocked(owner, watcher)) send_all_presence(*person, watcher, true);
}

Task<> Home::read_subscription(Jid owner, Jid contact, Subscription& found) {
    const auto look = [&](const Roster& roster) {
        const auto entry = roster.contacts.find(contact);
        if (entry != roster.contacts.end()) found = entry->second.subscription;
    };
    co_await read_roster(owner, look);
}

Task<> Home::read_roster(Jid owner, std::function<void(const Roster&)> look) {
    auto& person = user(owner);
    {
        const auto guard = co_await lock_roster(person);
        look(*person.roster);
    }
    drop_roster_if_unused(person);
}

Task<> Home::subscription_from_client(SessionId id, Jid to, SubscriptionStanza stanza, std::string xml) {
    auto& owner = find(id)->user();
    const auto from = find(id)->jid();
    if (to == owner.jid()) co_return;  // one always sees oneself
    // A request carries words; they are on record before the other reads them.
    co_await record_presence(owner.jid(), to, xml);
    Outbound outcome;
    {
        const auto guard = co_await lock_roster(owner);
        auto& contacts = owner.roster->contacts;
        const auto place = contacts.find(to);
        const bool full = place == contacts.end() && contacts.size() >= static_cast<std::size_t>(host_.config().limits.roster_items);
        if (full) {
            host_.send_error(from, "presence", to, {}, {Condition::resource_constraint, "Your list is full."});
            co_return;
        }
        Contact changed = place == contacts.end() ? Contact() : place->second;
        const auto before = changed;
        outcome = send(changed.subscription, stanza);
        if (!changed.subscription.pending_in) changed.request.clear();
        // RFC 6121 §3.1.2, §3.1.5, §3.4: asking, granting and approving put the contact on the list.
        if (stanza == SubscriptionStanza::subscribe || stanza == SubscriptionStanza::subscribed) changed.listed = true;
        if (changed.subscription != before.subscription || changed.listed != before.listed)
            co_await store_contact(owner, to, std::move(changed), before.listed);
    }
    if (!outcome.route) co_return;
    co_await pass_subscription(owner.jid(), to, stanza, std::move(xml));
    if (outcome.grant_presence) {
        send_all_presence(owner, to, true);
        host_.run_granted_hooks(owner.jid(), to);
    }
    if (outcome.withdraw_presence) send_all_presence(owner, to, false);
}

Task<> Home::receive_subscription(Jid from, Jid to, SubscriptionStanza stanza, std::string xml) {
    auto& owner = user(to);
    Inbound outcome;
    std::shared_ptr<const std::string> answer;
    {
        const auto guard = co_await lock_roster(owner);
        auto& contacts = owner.roster->contacts;
        const auto place = contacts.find(from);
        // Requests of strangers beyond the limit are not kept, and whoever asks may ask again.
        if (place == contacts.end() && stanza == SubscriptionStanza::subscribe && strangers_of(contacts) >= most_strangers) co_return;
        Contact changed = place == contacts.end() ? Contact() : place->second;
        const auto before = changed;
        outcome = receive(changed.subscription, stanza);
        if (!changed.subscription.pending_in) changed.request.clear();
        else if (stanza == SubscriptionStanza::subscribe) changed.request = xml;
        if (outcome.answer && changed.subscription.from) changed.listed = true;
        // RFC 6121 §3.1.6, §3.2.3, §3.3.3: the stanza before the push, so that clients know what changed the list.
        if (outcome.deliver && stanza != SubscriptionStanza::subscribe) answer = std::make_shared<const std::string>(xml);
        if (changed.subscription != before.subscription || changed.request != before.request)
            co_await store_contact(owner, from, std::move(changed), before.listed, answer);
    }
    if (outcome.deliver && !answer)  // RFC 6121 §3.1.3: a request goes to the available resources
        receive_presence(to, std::make_shared<const std::string>(std::move(xml)));
    if (outcome.answer) {
        co_await tell(to, from, *outcome.answer);
        send_all_presence(owner, from, true);
        host_.run_granted_hooks(owner.jid(), from);
    }
    if (outcome.withdraw_presence) send_all_presence(owner, from, false);
    drop_roster_if_unused(owner);
}

}  // namespace chancery
