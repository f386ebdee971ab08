// Who takes the stanzas that are not for a person here: a service of this server with a domain of its own (rooms, for
// instance), or what lies outside of it (components, other servers).
#pragma once
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/task.h"
#include "core/delivery.h"
#include "core/session.h"
#include "core/stanza_in.h"
#include "xmpp/message.h"

namespace chancery {

class Home;

/// Serves every address of one domain of ours.
///
/// Concurrency. Each function is called on the home shard of the bare address in `to`, in the order in which one sender
/// wrote, and the sender's next request or presence waits until it ends: it must not wait for another client.
class Service {
  public:
    virtual ~Service() = default;

    /// A message that nobody has judged yet. The service gathers the facts and goes the road by Host::judge_and_record.
    /// `sender` 0: somebody outside, or the server itself.
    virtual Task<> take_message(SessionId sender, std::shared_ptr<const Message> message) = 0;
    /// Of every type, also 'unavailable' when a session ends that had sent its presence here.
    virtual Task<> take_presence(StanzaIn presence) = 0;
    /// A request, with one payload and an id, which Host::reply answers; or the answer to one that the service sent.
    virtual Task<> take_iq(StanzaIn iq) = 0;
    /// Since when there is what stands at the address, a room for instance. Nothing: there is none.
    virtual std::optional<Time> since(const Jid&) { return std::nullopt; }
    /// An administrator removes a person's account: from now on they are nobody in the service. On any shard.
    virtual Task<> forget(Jid /*person*/, Jid /*administrator*/) { co_return; }
    /// The server stops: what is to be said to people at the last, by each home.
    virtual void stop(Home&) {}
};

/// A way to addresses that this process does not serve.
///
/// Concurrency. Called on every shard; never waits. What cannot be delivered after all comes back through Host::send_error,
/// and a message that waits must then be settled (Host::settle).
class Outside {
  public:
    virtual ~Outside() = default;
    /// Whether stanzas for this domain may go this way now.
    virtual bool reaches(std::string_view domain) const = 0;
    /// A message that is on record. One that `waits` is in the ledger until it is settled.
    virtual void deliver(std::shared_ptr<Delivery> message) = 0;
    /// Presence or a request, on record where it has to be, with 'from' and 'to'.
    virtual void send(const Jid& to, std::string xml) = 0;
};

}  // namespace chancery
