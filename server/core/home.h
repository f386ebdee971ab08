// The users whose home is one shard: everything about a person that changes while they are here.
//
// Operation. Every person's home shard follows from their address; their sessions, presence, roster and waiting
// messages are touched there and nowhere else, so there is no lock. What concerns a person is sent to their home.
// Concurrency. One Home per shard, used on its thread only.
#pragma once
#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/task.h"
#include "core/caps.h"
#include "core/requests.h"
#include "core/stanza_in.h"
#include "core/user.h"
#include "net/shard.h"
#include "net/wait.h"

namespace chancery {

class Host;

/// For looking up by a part of a JID without a copy of it.
struct BareHash : std::hash<std::string_view> {
    using is_transparent = void;
};

class Home {
  public:
    Home(Host& host, net::Shard& shard) : host_(host), shard_(shard), requests_(shard.index()), caps_(*this) {}
    ~Home();
    Home(const Home&) = delete;

    Host& host() { return host_; }
    net::Shard& shard() { return shard_; }

    /// The person, made known when they were not. The address must be that of an account.
    User& user(const Jid& jid);
    /// The person, if anything has concerned them since the start.
    User* known(const Jid& jid);

    Session* find(SessionId id);
    Session* find(const Jid& full);

    /// Binds a resource. A session that has it already is ended with <conflict/> (RFC 6120 §7.7.2.2).
    /// Refused with resource-constraint when the person has too many.
    Result<Session*, StanzaError> bind(const Jid& full, Link& link);
    /// Ends the session: unavailable presence to those who saw it, what it did not acknowledge goes on its way again.
    void close(SessionId id);

    // Messages (message_path.cc).
    /// Hands a recorded message to the person it is for (RFC 6121 §8.5); what nobody takes waits or is refused.
    void deliver(std::shared_ptr<Delivery> delivery);
    /// Sends a copy to the sender's other clients (XEP-0280 §6).
    void copy_to_sender(const Jid& sender, std::shared_ptr<const Delivery> sent);
    /// A client has the message: it waits no longer.
    void settle(Delivery& delivery);
    /// The session has messages whose bytes may still be ours: they count as handed over once the kernel has them.
    void watch_written(SessionId id);
    /// What was written to the session and the kernel has taken is handed over. False when there is more to come.
    bool settle_written(Session& session);
    /// Notes what a stream has sent or handled, before this turn's bytes leave (core/stream_log.h).
    void note(const StreamLog::Note& note);
    /// Notes everything about every stream.
    void note_streams();
    /// A stream of an earlier process comes back: what its client has waits no longer.
    void settle_received(User& owner, const std::vector<std::uint64_t>& positions);
    /// The client reads the history: what waited when it was bound by XEP-0386 is not sent to it as well.
    void forget_waiting(Session& session);
    /// Ends the person's sessions of one installation (Installation::id) but for one.
    void end_sessions_of(User& owner, std::string_view installation, SessionId but, const StreamError& reason);
    /// Notes, at start-up, that a message waits for the person with this hash.
    void add_waiting(std::uint64_t owner, std::uint64_t position) { unclaimed_[owner].push_back(position); }
    /// Sends the session what waits for its user, in order, as fast as the client takes it; ends when that is all, or
    /// when the rest has to go on beside what the client does next.
    Task<> hand_over_waiting(SessionId id);
    /// Waits until no more than this is unsent to the client; false when it reads nothing for long.
    Task<bool> has_read(SessionId id, std::size_t at_most_unsent);

    // Presence (presence_path.cc).
    Task<> become_available(SessionId id, Presence presence);
    /// The client says that it leaves.
    Task<> say_goodbye(SessionId id, StanzaIn stanza);
    void become_unavailable(Session& session, const std::string& xml, std::string_view status);
    Task<> directed_presence(SessionId id, StanzaIn stanza);
    /// Presence from somebody for a person here: to the full JID's session, or to every available one.
    void receive_presence(const Jid& to, const std::shared_ptr<const std::string>& xml);
    /// The same for what a contact has told everybody, without 'to': not for devices of this person that the contact has blocked.
    void receive_broadcast(const Jid& from, const Jid& to, const std::shared_ptr<const std::string>& xml);
    /// Answers a probe of `from`, who may be anybody.
    Task<> answer_probe(Jid from, Jid to);
    /// When the person blocks `peers`: has their presence seem to end for those who see it (XEP-0191 §3.3).
    void hide_presence(const Jid& owner, const std::set<Jid>& peers);
    /// When they unblock them: shows it to those who are subscribed (§3.4).
    void show_presence(const Jid& owner, const std::set<Jid>& peers);
    /// Sends the presence of the person's clients to somebody who may see it.
    void send_presence_to(User& probed, const Jid& watcher);

    // Rosters and subscriptions (roster_path.cc).
    /// The lock, and behind it the loaded roster. It stays loaded while a session is there or the lock is held.
    Task<AsyncMutex::Guard> lock_roster(User& owner);
    Task<> change_roster_item(User& owner, Jid contact, std::string name, std::vector<std::string> groups);
    /// False when there is no such item.
    Task<bool> remove_roster_item(User& owner, Jid contact);
    /// How matters stand between the person and a contact, put into `found`.
    Task<> read_subscription(Jid owner, Jid contact, Subscription& found);
    /// Shows the person's roster to `look`, which must not keep it.
    Task<> read_roster(Jid owner, std::function<void(const Roster&)> look);
    Task<> subscription_from_client(SessionId id, Jid to, SubscriptionStanza stanza, std::string xml);
    Task<> receive_subscription(Jid from, Jid to, SubscriptionStanza stanza, std::string xml);

    TaskGroup& tasks() { return tasks_; }
    /// To put together what is written at once: no allocation for each of many who get the same.
    std::string& line() { return line_; }
    Requests& requests() { return requests_; }
    Caps& caps() { return caps_; }
    /// Before the shard ends: destroys what still waits.
    void clear() {
        tasks_.clear();
        slow_writers_.cancel();
    }
    /// The bare addresses of everybody who is signed in here.
    std::vector<Jid> signed_in() const;
    /// Any thread.
    std::size_t session_count() const { return session_count_; }

  private:
    // Messages.
    void mark_soon();
    void mark();
    void redeliver(Session& ended);
    void refuse_request(const Session& ended, const std::string& stanza);
    static void remember_stream(User& owner, const StreamManagement& stream);
    void deliver_to_bare(User& recipient, std::shared_ptr<Delivery> delivery);
    Task<bool> hand_over_portion(SessionId id);
    Task<> hand_over_rest(SessionId id);
    bool is_behind(Session& session) const;
    void nobody_took(User& recipient, std::shared_ptr<Delivery> delivery);
    void copy_to_other_clients(User& recipient, const Delivery& delivery, const std::vector<Session*>& took);

    // Presence.
    Task<> record_presence(Jid from, Jid to, std::string xml);
    bool sees_presence(const User& owner, const Jid& contact) const;
    void leave_directly(const Session& session, const Jid& to, const std::string& xml);
    void broadcast_to_contacts(Session& session, const std::string& xml);
    void send_presence_of_device(User& probed, const Jid& device, const Jid& watcher);
    std::vector<Jid> watchers_among(const User& owner, const std::set<Jid>& peers) const;
    void probe_contacts(Session& session);

    // Rosters.
    void drop_roster_if_unused(User& owner);
    Task<> store_contact(User& owner, Jid contact, std::optional<Contact> value, bool was_listed,
                         std::shared_ptr<const std::string> cause = nullptr);
    void show_subscription(User& owner, const std::shared_ptr<const std::string>& stanza);
    Task<> pass_subscription(Jid from, Jid to, SubscriptionStanza stanza, std::string xml);
    Task<> tell(Jid from, Jid to, SubscriptionStanza stanza);
    static std::string subscription_xml(SubscriptionStanza stanza, const Jid& from, const Jid& to);
    void send_all_presence(User& owner, const Jid& contact, bool available);
    void send_unavailable(const Session& session, const Jid& to);

    Host& host_;
    net::Shard& shard_;
    std::unordered_map<std::string, std::unique_ptr<User>, BareHash, std::equal_to<>> users_;  // by bare JID
    std::unordered_map<SessionId, Session*> by_id_;
    std::unordered_map<std::uint64_t, std::vector<std::uint64_t>> unclaimed_;  // owner -> positions, from before the start
    std::vector<std::uint64_t> settled_;                                 // to be marked in the ledger
    std::vector<SessionId> writers_;                                     // whose `written` is not empty
    bool marking_ = false;
    std::vector<StreamLog::Note> notes_;                                 // of this turn
    net::Timer slow_writers_;
    std::atomic<std::size_t> session_count_ = 0;
    std::string line_;
    Requests requests_;
    Caps caps_;
    TaskGroup tasks_;
};

}  // namespace chancery
