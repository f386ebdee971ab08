#include "core/home.h"

#include <algorithm>

#include "core/host.h"

namespace chancery {

Home::~Home() { tasks_.clear(); }

User& Home::user(const Jid& jid) {
    auto& place = users_[std::string(jid.bare_text())];
    if (!place) {
        place = std::make_unique<User>(*this, jid.bare(), host_.archive().owners().of(jid));
        if (auto waiting = unclaimed_.extract(place->owner())) place->offline = std::move(waiting.mapped());
    }
    return *place;
}

User* Home::known(const Jid& jid) {
    const auto found = users_.find(std::string(jid.bare_text()));
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
    // mark() may not have run since the flush: a client that leaves at once has what the kernel has taken.
    if (session.link() && session.link()->unsent() == 0)
        for (const auto& delivery : std::exchange(session.written, {})) settle(*delivery);
    session.detach();
    if (session.is_available() || !session.directed.empty())
        become_unavailable(session, "<presence type='unavailable' from='" +
                                        xml::escape(session.jid().text(), xml::Place::attribute) + "'></presence>", {});
    host_.run_closed_hooks(session);

    const auto place = std::ranges::find(owner.sessions, &session, [](const auto& each) { return each.get(); });
    const auto ended = std::move(*place);
    owner.sessions.erase(place);
    redeliver(*ended);
    if (owner.sessions.empty() && !owner.roster_lock.locked()) owner.roster.reset();
}

void Home::redeliver(Session& ended) {
    const auto again = [&](const std::shared_ptr<Delivery>& delivery) {
        if (delivery && delivery->waits && !delivery->settled) deliver_to_bare(ended.user(), delivery);
    };
    for (const auto& outgoing : ended.stream.unacknowledged) again(outgoing.delivery);
    for (const auto& delivery : ended.written) again(delivery);
}

void Home::settle(Delivery& delivery) {
    if (!delivery.waits || delivery.settled) return;
    delivery.settled = true;
    settled_.push_back(delivery.position);
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

/// What the kernel has taken is handed over. A crash between the two makes a message wait again, which its recipient can
/// tell by the stanza-id; the other order could lose it.
void Home::mark() {
    marking_ = false;
    std::vector<SessionId> slow;
    for (const auto id : std::exchange(writers_, {})) {
        auto* session = find(id);
        if (!session) continue;
        if (!session->link() || session->link()->unsent() > 0) {
            slow.push_back(id);
            continue;
        }
        for (const auto& delivery : std::exchange(session->written, {})) {
            if (std::exchange(delivery->settled, true)) continue;
            settled_.push_back(delivery->position);
        }
    }
    host_.ledger().settle(std::exchange(settled_, {}));
    if (slow.empty()) return;
    writers_.insert(writers_.end(), slow.begin(), slow.end());
    if (!slow_writers_.is_running()) slow_writers_.start(std::chrono::milliseconds(20), [this] { mark_soon(); });
}

void Home::for_each_session(const std::function<void(Session&)>& visit) {
    for (const auto& [id, session] : by_id_) visit(*session);
}

}  // namespace chancery
