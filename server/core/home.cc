#include "core/home.h"

#include <algorithm>

#include "core/host.h"
#include "xml/parse.h"

namespace chancery {

Home::~Home() { tasks_.clear(); }

User& Home::user(const Jid& jid) {
    if (auto* here = known(jid)) return *here;
    auto user = std::make_unique<User>(*this, jid.bare(), host_.archive().owners().of(jid));
    if (auto waiting = unclaimed_.extract(user->owner())) user->offline = std::move(waiting.mapped());
    return *users_.emplace(jid.bare_text(), std::move(user)).first->second;
}

User* Home::known(const Jid& jid) {
    const auto found = users_.find(jid.bare_text());
    return found == users_.end() ? nullptr : found->second.get();
}

Session* Home::find(SessionId id) {
    const auto found = by_id_.find(id);
    return found == by_id_.end() ? nullptr : found->second;
}

Session* Home::find(const Jid& full) {
    auto* user = known(full);
    return user ? user->session(full.resource()) : nullptr;
}

Session* User::session(std::string_view resource) {
    for (const auto& session : sessions)
        if (session->jid().resource() == resource) return session.get();
    return nullptr;
}

bool User::is_available() const {
    return std::ranges::any_of(sessions, [](const auto& session) { return session->is_available(); });
}

Result<Session*, StanzaError> Home::bind(const Jid& full, Link& link) {
    auto& owner = user(full);
    if (auto* older = owner.session(full.resource())) {
        if (auto* old_link = older->link()) old_link->end({"conflict", "Signed in elsewhere with the same resource."});
        close(older->id());
    }
    if (owner.sessions.size() >= static_cast<std::size_t>(host_.config().limits.sessions_per_user))
        return refuse(Condition::resource_constraint, "Too many devices are signed in. Sign out on one of them.");
    auto& session = owner.sessions.emplace_back(
        std::make_unique<Session>(host_.next_session_id(), full, owner, link));
    session->signed_in = host_.now();
    by_id_.emplace(session->id(), session.get());
    session_count_ = by_id_.size();
    return session.get();
}

void Home::close(SessionId id) {
    const auto found = by_id_.find(id);
    if (found == by_id_.end()) return;
    auto& session = *found->second;
    auto& owner = session.user();
    by_id_.erase(found);
    session_count_ = by_id_.size();
    session.detach();
    if (session.is_available() || !session.directed.empty())
        become_unavailable(session, "<presence type='unavailable' from='" +
                                        xml::escape(session.jid().text(), xml::Place::attribute) + "'></presence>", {});
    host_.run_closed_hooks(session);

    const auto place = std::ranges::find(owner.sessions, &session, [](const auto& each) { return each.get(); });
    const auto ended = std::move(*place);
    owner.sessions.erase(place);
    redeliver(*ended);
    remember_stream(owner, ended->stream);
    if (owner.sessions.empty() && !owner.roster_lock.locked()) owner.roster.reset();
}

std::vector<Jid> Home::signed_in() const {
    std::vector<Jid> people;
    for (const auto& [address, user] : users_)
        if (!user->sessions.empty()) people.push_back(user->jid());
    return people;
}

void Home::forget_waiting(Session& session) {
    auto& owner = session.user();
    const auto end = std::ranges::lower_bound(owner.offline, std::exchange(session.history_before, 0));
    if (end == owner.offline.begin()) return;
    host_.ledger().settle(std::vector(owner.offline.begin(), end));
    owner.offline.erase(owner.offline.begin(), end);
}

void Home::end_sessions_of(User& owner, std::string_view installation, SessionId but, const StreamError& reason) {
    std::vector<SessionId> ended;
    for (const auto& session : owner.sessions)
        if (session->installation && session->installation->id == installation && session->id() != but) ended.push_back(session->id());
    for (const auto id : ended) {
        if (auto* link = find(id)->link()) link->end(reason);
        close(id);
    }
}

void Home::redeliver(Session& ended) {
    const auto again = [&](const std::shared_ptr<Delivery>& delivery) {
        if (delivery && delivery->waits && !delivery->settled) deliver_to_bare(ended.user(), delivery);
    };
    for (const auto& outgoing : ended.stream.unacknowledged) {
        again(outgoing.delivery);
        if (!outgoing.delivery) refuse_request(ended, *outgoing.xml);
    }
    for (const auto& delivery : ended.written) again(delivery);
}

/// XEP-0198 §4, RFC 6121 §8.5.3.2.3: a request that the client never had is answered as if it had not been there.
void Home::refuse_request(const Session& ended, const std::string& stanza) {
    if (!stanza.starts_with("<iq")) return;
    const auto parsed = xml::parse(stanza, xml::limits_of_stored_xml, ns::client);
    if (!parsed) return;
    const auto iq = parsed->root();
    const auto from = Jid::parse(iq.attribute("from"));
    if (!from || !from->is_full() || from->local().empty()) return;  // one of the server's own
    if (iq.attribute("type") == "get" || iq.attribute("type") == "set")
        host_.send_error(*from, "iq", ended.jid(), iq.attribute("id"),
                         {Condition::service_unavailable, "That device is not signed in any more."});
}

/// So that a client that comes too late to resume its stream learns what of its own had arrived.
void Home::remember_stream(User& owner, const StreamManagement& stream) {
    constexpr std::size_t most_remembered = 8;
    if (stream.resume_id.empty()) return;
    owner.ended_streams.emplace_back(stream.resume_id, stream.handled);
    if (owner.ended_streams.size() > most_remembered) owner.ended_streams.erase(owner.ended_streams.begin());
}

void Home::settle(Delivery& delivery) {
    if (!delivery.waits || delivery.settled) return;
    delivery.settled = true;
    settled_.push_back(delivery.position);
    mark_soon();
}

void Home::note(const StreamLog::Note& note) {
    if (notes_.empty())
        shard_.at_turn_end([this] { host_.ledger().streams().write(notes_); notes_.clear(); });
    notes_.push_back(note);
}

void Home::note_streams() {
    for (const auto& [id, session] : by_id_) session->note_stream();
}

void Home::settle_received(User& owner, const std::vector<std::uint64_t>& positions) {
    for (const auto position : positions)
        if (std::erase(owner.offline, position)) settled_.push_back(position);
    mark_soon();
}

void Home::watch_written(SessionId id) {
    writers_.push_back(id);
    mark_soon();
}

void Home::mark_soon() {
    if (std::exchange(marking_, true)) return;
    // After the flush that ends this turn, so that one mark serves everything that the turn has sent.
    shard_.at_turn_end([this] { shard_.post([this] { mark(); }); });
}

/// A crash between the two makes a message wait again, which its recipient can tell by the stanza-id; the other order
/// could lose it.
bool Home::settle_written(Session& session) {
    if (!session.link() || session.link()->unsent() > 0) return false;
    constexpr std::size_t kept_places = 4;  // of the next ones: no memory asked for, and an idle session has little
    for (const auto& delivery : session.written) settle(*delivery);
    if (session.written.capacity() > kept_places) session.written = {};
    else session.written.clear();
    return true;
}

void Home::mark() {
    std::vector<SessionId> slow;
    for (const auto id : std::exchange(writers_, {})) {
        auto* session = find(id);
        if (!session) continue;
        if (!settle_written(*session)) slow.push_back(id);
    }
    marking_ = false;
    host_.ledger().settle(std::exchange(settled_, {}));
    if (slow.empty()) return;
    writers_.insert(writers_.end(), slow.begin(), slow.end());
    if (!slow_writers_.is_running()) slow_writers_.start(std::chrono::milliseconds(20), [this] { mark_soon(); });
}

}  // namespace chancery
