// A bound resource (RFC 6120 §7): what the server keeps of one signed-in client.
//
// Operation. A session is written to at any time; with a link the bytes go to the client's connection, without one
// (XEP-0198: the connection was lost and may be resumed) they wait in the queue of what is not acknowledged.
// Concurrency. Belongs to the home shard of its user; others know it by its id.
// Limits. Config::limits.unacknowledged stanzas without acknowledgement, of twice limits.unsent_kib altogether; one more
// ends the session.
#pragma once
#include <cstdint>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.h"
#include "core/delivery.h"
#include "core/held_back.h"
#include "core/stream_log.h"
#include "xmpp/errors.h"
#include "xmpp/jid.h"

namespace chancery {

class User;

/// Unique as long as the process lives.
using SessionId = std::uint64_t;

/// Where a session's bytes go: the client's stream. Implemented by c2s/.
class Link {
  public:
    virtual ~Link() = default;
    /// Queues bytes for the client. Never waits.
    virtual void write(std::string_view xml) = 0;
    /// Bytes written that the kernel has not taken yet: a crash would lose them.
    virtual std::size_t unsent() const = 0;
    /// Ends the stream, soon: the caller's frame is left first.
    virtual void end(StreamError reason) = 0;
};

/// The presence that a resource last sent to everybody (RFC 6121 §4.2, §4.4).
struct Presence {
    int priority = 0;
    bool away = false;            ///< <show/> is away or xa
    std::string status;           ///< the first <status/>
    std::string words;            ///< what it says in all languages, and whatever else somebody could read
    std::string xml;              ///< stamped, without 'to'
};

/// XEP-0198: what one side has sent and the other has not acknowledged yet.
struct StreamManagement {
    bool enabled = false;
    std::string resume_id;              ///< empty: cannot be resumed
    StreamLog::Stream name = 0;         ///< of a stream that can be resumed: under which it is noted
    std::uint32_t handled = 0;          ///< stanzas of the client that are dealt with, modulo 2^32
    std::uint32_t acknowledged = 0;     ///< stanzas of ours that the client has, modulo 2^32
    std::vector<Outgoing> unacknowledged;  // not a deque: an empty one takes 600 bytes of every idle connection
    std::size_t unacknowledged_bytes = 0;
    bool request_open = false;          ///< an <r/> was sent and not answered yet

    std::uint32_t sent() const { return acknowledged + static_cast<std::uint32_t>(unacknowledged.size()); }
};

/// What a client that names its installation said of itself when it signed in (XEP-0388 §2.4).
struct Installation {
    std::string id;                     ///< of Devices
    bool by_token = false;
};

class Session {
  public:
    Session(SessionId id, Jid jid, User& user, Link& link) : id_(id), jid_(std::move(jid)), user_(user), link_(&link) {}
    Session(const Session&) = delete;
    Session& operator=(const Session&) = delete;

    SessionId id() const { return id_; }
    const Jid& jid() const { return jid_; }
    User& user() { return user_; }
    Link* link() { return link_; }
    void attach(Link& link) { link_ = &link; }
    void detach() { link_ = nullptr; }

    /// Available in the sense of RFC 6121 §4.1, with its priority.
    bool is_available() const { return presence.has_value(); }
    bool takes_messages() const { return presence && presence->priority >= 0 && !catching_up; }

    void send(std::string xml);
    void send(std::shared_ptr<const std::string> xml);
    void send(std::shared_ptr<Delivery> delivery);
    /// What many get, without 'to': it is kept once for all of them, and addressed as it is written.
    void send_shared(const std::shared_ptr<const std::string>& xml, To to);
    /// What the client of a resumed stream has not got.
    void send_again();
    /// XEP-0352: nobody looks at the client, or somebody does again. What was held back is sent then.
    void set_inactive(bool inactive);
    /// One more stanza of the client is dealt with (XEP-0198 §4).
    void count_handled();
    /// All that the stream log has to know of this session.
    void note_stream();
    bool is_inactive() const { return held_back_.has_value(); }
    /// Asks the client to acknowledge, if it can and nothing is asked already (XEP-0198 §4).
    void request_acknowledgement();

    std::optional<Presence> presence;
    bool interested = false;            ///< has asked for the roster (RFC 6121 §2.2)
    bool wants_block_pushes = false;    ///< has asked for the block list (XEP-0191 §3.3)
    bool carbons = false;               ///< XEP-0280
    bool catching_up = false;           ///< gets what waited, in portions; until it has all, new messages join those that wait
    std::set<Jid> directed;             ///< who got directed presence (RFC 6121 §4.6.2)
    StreamManagement stream;
    std::vector<std::shared_ptr<Delivery>> written;  ///< without XEP-0198: messages that may still be on their way out
    std::uint64_t history_before = 0;   ///< bound by XEP-0386: what waited below this record is read from the history instead
    std::unique_ptr<const Installation> installation;  ///< none: the client named none
    std::string address;                ///< of the peer, for records and administrators
    Time signed_in;

  private:
    void pass(Outgoing outgoing);
    void put(Outgoing outgoing);
    void write(std::string_view xml, To to);
    void keep(Outgoing outgoing);
    void note_sent(std::uint32_t number, const Outgoing& outgoing);
    void send_held_back();
    void give_up();

    SessionId id_;
    Jid jid_;
    User& user_;
    Link* link_;
    std::optional<HeldBack> held_back_;  // while nobody looks
};

}  // namespace chancery
