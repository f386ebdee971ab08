// What waits to go from one domain of ours to one domain elsewhere, and what went and is not acknowledged yet.
//
// Operation. Stanzas go out in the order in which they came, over whichever stream carries the outbox now; what a lost
// stream has not acknowledged goes first on the next one. A message waits until its time is over and is then returned to
// its sender; presence and requests are dropped and answered sooner. A recorded message stays in the ledger until the peer
// has it (Host::settle).
// Concurrency. On the shard of the other domain.
// Limits. federation.queue_messages and queue_mib altogether, `window` without acknowledgement.
#pragma once
#include <algorithm>
#include <deque>
#include <memory>
#include <optional>
#include <string>

#include "base/federation_settings.h"
#include "base/time.h"
#include "core/host.h"
#include "net/wait.h"

namespace chancery::s2s {

class Board;

/// Who speaks to whom: a domain of ours, a domain elsewhere.
struct Pair {
    std::string ours, theirs;
    auto operator<=>(const Pair&) const = default;
};

/// A stanza on its way out.
struct Parcel {
    std::string xml;                     ///< in jabber:server
    std::shared_ptr<Delivery> delivery;  ///< when it is a message of the record
    std::string kind, id;
    Jid from, to;
    bool wants_error = false;            ///< its sender is to be told when it does not arrive
    bool is_patient = false;             ///< waits while there is no way; else it is dropped then
    Time until;                          ///< when to give up
};

/// Whatever takes parcels out to the peer: an established stream.
class Carrier {
  public:
    virtual ~Carrier() = default;
    /// There is something to take, or more room.
    virtual void send_waiting() = 0;
};

class Outbox {
  public:
    static constexpr std::size_t window = 1'000;  // parcels sent and not acknowledged

    Outbox(Host& host, const FederationSettings& settings, Board& board, Pair pair)
        : host_(host), settings_(settings), board_(board), pair_(std::move(pair)) {}
    Outbox(const Outbox&) = delete;

    const Pair& pair() const { return pair_; }
    bool is_empty() const { return waiting_.empty() && sent_.empty(); }
    bool has_waiting() const { return !waiting_.empty(); }
    std::size_t unacknowledged() const { return sent_.size(); }
    /// Whether a message that waits in the ledger is among what is not acknowledged.
    bool has_sent_from_ledger() const {
        return std::ranges::any_of(sent_, [](const Parcel& each) { return each.delivery && each.delivery->waits; });
    }

    /// Takes the parcel, or returns it to its sender when there is no room.
    void put(Parcel parcel);
    /// At start-up, what the ledger says: never refused.
    void restore(Parcel parcel) { add(std::move(parcel)); }

    /// The next one to send, which counts as sent from here on; null when there is none, or the window is full.
    const Parcel* next();
    /// The peer has the first `count` of what was sent.
    void acknowledge(std::size_t count);
    /// The stream is gone: what is not acknowledged waits again, but for requests, which may have been carried out.
    void lost();

    /// There is no way to the domain now. `is_final`: messages are returned too.
    void unreachable(const StanzaError& why, bool is_final);
    /// Returns what has waited too long.
    void expire(Time now);

    void attach(Carrier* carrier) { carrier_ = carrier; }
    Carrier* carrier() const { return carrier_; }

    bool dialling = false;       ///< a task works at getting a stream
    net::Event try_again;        ///< set: the domain is there, whatever the pause after the last failure says

  private:
    void add(Parcel parcel);
    void give_back(const Parcel& parcel, const StanzaError& error);
    void forget(const Parcel& parcel);
    void show();

    Host& host_;
    const FederationSettings& settings_;
    Board& board_;
    const Pair pair_;
    std::deque<Parcel> waiting_, sent_;
    std::size_t bytes_ = 0;
    Carrier* carrier_ = nullptr;
};

}  // namespace chancery::s2s
