// The life of presence (RFC 6121 §4): from a client to everybody who may see it, and the answers to probes.

#include <algorithm>

#include "core/host.h"
#include "core/privileged.h"
#include "core/stanza_in.h"

namespace chancery {
namespace {

constexpr std::size_t most_directed = 1'000;  // addresses of one session: it remembers each to take its leave

std::shared_ptr<const std::string> copy_for(const Jid& to, std::string_view presence) {
    return std::make_shared<const std::string>(addressed(presence, to));
}

std::string typed_presence(std::string_view type, std::string_view from) {
    std::string xml = "<presence";
    xml::append_attribute(xml, "type", type);
    xml::append_attribute(xml, "from", from);
    return xml + "></presence>";
}

/// The same words about somebody who is not here as about somebody who has not let the prober see them.
std::string not_subscribed(const Jid& probed, const Jid& prober) {
    return addressed(typed_presence("unsubscribed", probed.bare_text()), prober);
}

}  // namespace

Task<> Host::handle_presence(SessionId sender, StanzaIn stanza) {
    auto& home = home_of(stanza.from);
    auto* session = home.find(sender);
    if (!session) co_return;

    if (stanza.to && block_lists_.has_blocked(stanza.from, *stanza.to)) {  // XEP-0191 §3.3
        if (stanza.type != "error") send_error(stanza.from, "presence", *stanza.to, stanza.id, blocked_by_sender());
        co_return;
    }
    if (stanza.type.empty()) {
        co_await add_stamps(stanza.from, stanza.presence->xml);
        stanza.xml = stanza.presence->xml;
        if (!home.find(sender)) co_return;
    }
    const auto subscription = subscription_stanza(stanza.type);
    auto* service = stanza.to ? service_at(*stanza.to) : nullptr;
    if (service && (subscription || stanza.type == "probe")) {
        co_await at_service(*service, std::move(stanza));
    } else if (subscription) {
        if (!stanza.to) co_return;  // RFC 6121 §3: without an addressee it means nothing
        co_await home.subscription_from_client(sender, stanza.to->bare(), *subscription, std::move(stanza.xml));
    } else if (stanza.type == "probe") {
        if (stanza.to) co_await handle_probe(stanza.from, *stanza.to);
    } else if (stanza.type == "error") {
        if (stanza.to && (stanza.to->is_full() || service)) co_await home.directed_presence(sender, std::move(stanza));
    } else if (!stanza.type.empty() && stanza.type != "unavailable") {
        send_error(stanza.from, "presence", stanza.to.value_or(stanza.from), stanza.id,
                   {Condition::bad_request, "There is no presence of type " + stanza.type + "."});
    } else if (stanza.to) {
        co_await home.directed_presence(sender, std::move(stanza));
    } else if (stanza.type == "unavailable") {
        co_await home.say_goodbye(sender, std::move(stanza));
    } else {
        co_await home.become_available(sender, std::move(*stanza.presence));
    }
}

Task<> Host::add_stamps(Jid client, std::string& presence) {
    for (auto stamp : presence_stamps_) presence = co_await stamp(*this, client, std::move(presence));
}

Task<> Host::handle_probe(Jid from, Jid to) {
    if (is_account(to)) {
        auto& theirs = home_of(to);
        auto answered = theirs.answer_probe(from, to);
        co_await visit(theirs, std::move(answered));  // who asks faster than it is answered waits
    } else if (auto* way = way_to(to)) {
        way->send(to, addressed(typed_presence("probe", from.text()), to));
    } else if (is_local(to) && !to.local().empty()) {
        send_to(from, not_subscribed(to, from));
    }
}

Task<> Home::directed_presence(SessionId id, StanzaIn stanza) {  // RFC 6121 §4.6
    auto* session = find(id);
    const auto& to = *stanza.to;
    if (stanza.type.empty() && session->directed.size() >= most_directed && !session->directed.contains(to)) {
        host_.send_error(stanza.from, "presence", to, stanza.id,
                         {Condition::resource_constraint, "Too many people have been sent your presence directly."});
        co_return;
    }
    if (stanza.type.empty()) session->directed.insert(to);
    else if (stanza.type == "unavailable") session->directed.erase(to);
    const bool has_words = stanza.type == "error" || !stanza.words.empty();
    if (has_words) co_await record_presence(stanza.from, to, stanza.xml);
    co_await host_.pass_directed(std::move(stanza));
}

/// RFC 6121 §4: from somebody at another server, or of a component. Words are on record before anybody here reads them.
Task<> Host::handle_presence_from_outside(StanzaIn stanza) {
    if (!stanza.to) co_return;
    const auto to = *stanza.to;
    auto& home = home_of(to);
    if (auto* service = service_at(to)) {
        co_await at_service(*service, std::move(stanza));
        co_return;
    }
    if (!is_account(to)) {
        if (stanza.type == "probe" && is_local(to)) send_to(stanza.from, not_subscribed(to, stanza.from));
        co_return;
    }
    if (block_lists_.has_blocked(to, stanza.from)) co_return;
    const auto subscription = subscription_stanza(stanza.type);
    if (subscription || stanza.type == "error" || !stanza.words.empty()) {
        const Recorder::Draft draft{.kind = journal::Kind::presence,
                                    .record = {.from = stanza.from.text(), .to = to.text(), .stanza = stanza.xml}};
        co_await recorder().record(draft);
    }
    if (subscription) {
        auto received = home.receive_subscription(stanza.from.bare(), to.bare(), *subscription, std::move(stanza.xml));
        co_await visit(home, std::move(received));
    } else if (stanza.type == "probe") {
        auto answered = home.answer_probe(stanza.from, to);
        co_await visit(home, std::move(answered));
    } else if (stanza.type.empty() || stanza.type == "unavailable" || stanza.type == "error") {
        if (stanza.type != "error")
            at_home(to, [person = to.bare(), from = stanza.from, leaves = !stanza.type.empty(), xml = stanza.xml](Home& theirs) {
                if (leaves) theirs.caps().forget(person, from);
                else theirs.caps().see(person, from, xml);
                if (const auto& tell = theirs.host().kept<Privileged>().presence_came) tell(person, from, xml, leaves);
            });
        send_presence(to, std::make_shared<const std::string>(std::move(stanza.xml)));
    }
}

/// Words that others will read are on record, those of a status too.
Task<> Home::record_presence(Jid from, Jid to, std::string xml) {
    const Recorder::Draft draft{.kind = journal::Kind::presence,
                          .record = {.from = from.text(), .to = to.text(), .stanza = xml}};
    co_await host_.recorder().record(draft);
}

Task<> Home::become_available(SessionId id, Presence presence) {  // RFC 6121 §4.2, §4.4
    const auto jid = find(id)->jid();
    const bool had_same_words = find(id)->presence && find(id)->presence->words == presence.words;
    if (!presence.words.empty() && !had_same_words) co_await record_presence(jid, jid.bare(), presence.xml);

    auto* session = find(id);
    if (!session) co_return;
    auto& owner = session->user();
    (void)co_await lock_roster(owner);  // loaded from here on as long as a session is there

    session = find(id);
    if (!session) co_return;
    // What waited comes before what arrives from now on, and goes to one client.
    const bool takes_waiting = presence.priority >= 0 && !owner.offline.empty() &&
                               std::ranges::none_of(owner.sessions, [](const auto& each) { return each->catching_up; });
    session->catching_up = session->catching_up || takes_waiting;
    const bool initial = !session->is_available();
    session->presence = std::move(presence);
    const auto& xml = session->presence->xml;
    host_.run_presence_hooks(*session);
    caps_.see(owner.jid(), session->jid(), xml);

    for (const auto& other : owner.sessions)
        if (other->is_available()) other->send(copy_for(other->jid(), xml));
    broadcast_to_contacts(*session, xml);
    if (initial) {
        for (const auto& other : owner.sessions)
            if (other.get() != session && other->is_available()) session->send(copy_for(session->jid(), other->presence->xml));
        probe_contacts(*session);
        for (const auto& [contact, entry] : owner.roster->contacts)
            if (entry.subscription.pending_in && !entry.request.empty()) session->send(entry.request);
        host_.run_available_hooks(*session);
    }
    if (takes_waiting) co_await hand_over_waiting(id);
}

Task<> Home::say_goodbye(SessionId id, StanzaIn stanza) {
    if (!stanza.words.empty()) co_await record_presence(stanza.from, stanza.from.bare(), stanza.xml);
    if (auto* session = find(id)) become_unavailable(*session, stanza.xml, stanza.status);
}

void Home::become_unavailable(Session& session, const std::string& xml, std::string_view status) {  // RFC 6121 §4.5
    auto& owner = session.user();
    if (session.is_available()) {
        session.presence.reset();
        caps_.forget(owner.jid(), session.jid());
        host_.run_presence_hooks(session);
        if (!owner.is_available()) host_.run_unavailable_hooks(session, status);
        for (const auto& other : owner.sessions)
            if (other->is_available() || other.get() == &session) other->send(copy_for(other->jid(), xml));
        broadcast_to_contacts(session, xml);
    }
    for (const auto& to : std::exchange(session.directed, {}))  // RFC 6121 §4.6.3
        if (!sees_presence(owner, to) && !host_.block_lists().is_between(session.jid(), to)) leave_directly(session, to, xml);
}

/// Takes leave of somebody who got the presence directly.
void Home::leave_directly(const Session& session, const Jid& to, const std::string& xml) {
    StanzaIn leave{.kind = "presence", .type = "unavailable", .id = {}, .from = session.jid(), .to = to, .xml = addressed(xml, to)};
    if (host_.service_at(to)) tasks_.spawn(host_.pass_directed(std::move(leave)));
    else host_.send_presence(to, std::make_shared<const std::string>(std::move(leave.xml)));
}

bool Home::sees_presence(const User& owner, const Jid& contact) const {
    if (!owner.roster) return false;
    const auto entry = owner.roster->contacts.find(contact.bare());
    return entry != owner.roster->contacts.end() && entry->second.subscription.from;
}

void Home::broadcast_to_contacts(Session& session, const std::string& xml) {
    const auto& owner = session.user();
    if (!owner.roster) return;
    std::vector<std::vector<Jid>> people(host_.home_count());  // one letter to each home, not to each contact
    for (const auto& [contact, entry] : owner.roster->contacts) {
        if (!entry.subscription.from || host_.block_lists().is_between(session.jid(), contact)) continue;
        if (host_.is_account(contact)) people[host_.home_index(contact)].push_back(contact);
        else if (auto* way = host_.way_to(contact)) way->send(contact, addressed(xml, contact));
    }
    const auto presence = std::make_shared<const std::string>(xml);
    for (auto& those : people) {
        if (those.empty()) continue;
        const auto anyone = those.front();
        host_.at_home(anyone, [from = session.jid(), those = std::move(those), presence](Home& theirs) {
            for (const auto& to : those) theirs.receive_broadcast(from, to, presence);
        });
    }
}

void Home::probe_contacts(Session& session) {  // RFC 6121 §4.3
    for (const auto& [contact, entry] : session.user().roster->contacts) {
        if (!entry.subscription.to || host_.block_lists().has_blocked(session.jid(), contact)) continue;
        if (auto* way = host_.way_to(contact)) way->send(contact, addressed(typed_presence("probe", session.jid().text()), contact));
        if (!host_.is_account(contact)) continue;
        // The roster says that the watcher may see it: no need to ask the contact's roster, which may not be loaded.
        host_.at_home(contact, [watcher = session.jid(), to = contact](Home& theirs) {
            theirs.send_presence_to(theirs.user(to), watcher);
        });
    }
}

void Home::receive_presence(const Jid& to, const std::shared_ptr<const std::string>& xml) {
    auto* recipient = known(to);
    if (!recipient) return;
    if (to.is_full()) {
        if (auto* session = recipient->session(to.resource())) session->send(xml);
        return;
    }
    for (const auto& session : recipient->sessions)
        if (session->is_available()) session->send(xml);
}

void Home::receive_broadcast(const Jid& from, const Jid& to, const std::shared_ptr<const std::string>& xml) {
    auto* recipient = known(to);
    if (!recipient) return;
    for (const auto& session : recipient->sessions)
        if (session->is_available() && !host_.block_lists().has_blocked(from, session->jid())) session->send_shared(xml, To::person);
}

/// RFC 6121 §4.3.2. Only who has a subscription is told; a stranger learns no more than of somebody who is not here, and
/// who is blocked hears nothing (XEP-0191 §3.3).
Task<> Home::answer_probe(Jid from, Jid to) {
    if (host_.block_lists().has_blocked(to, from)) co_return;
    auto& probed = user(to);
    bool allowed = from.bare_text() == to.bare_text();
    if (!allowed) {
        const auto guard = co_await lock_roster(probed);
        allowed = sees_presence(probed, from);
    }
    drop_roster_if_unused(probed);
    if (!allowed) host_.send_to(from, not_subscribed(to, from));
    else if (to.is_bare()) send_presence_to(probed, from);
    else send_presence_of_device(probed, to, from);
}

void Home::send_presence_of_device(User& probed, const Jid& device, const Jid& watcher) {
    const auto* session = probed.session(device.resource());
    const auto xml = session && session->is_available() ? session->presence->xml : typed_presence("unavailable", device.text());
    host_.send_to(watcher, addressed(xml, watcher));
}

void Home::send_presence_to(User& probed, const Jid& watcher) {
    if (host_.block_lists().has_blocked(probed.jid(), watcher)) return;
    for (const auto& session : probed.sessions)
        if (session->is_available() && !host_.block_lists().has_blocked(watcher, session->jid()))
            host_.send_to(watcher, addressed(session->presence->xml, watcher));
    if (!probed.is_available())
        host_.send_to(watcher, addressed(typed_presence("unavailable", probed.jid().text()), watcher));
}

}  // namespace chancery
