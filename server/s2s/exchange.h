// An established stream with another server, from the last step of negotiation to its end: stanzas in, stanzas out, or
// both (XEP-0288), with acknowledgement (XEP-0198 1.6.3, without resumption: what is not acknowledged is sent again, to the letter).
//
// Concurrency. On the shard of the other domain; the coroutine that runs it owns it.
#pragma once
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "net/wait.h"
#include "s2s/outbox.h"
#include "s2s/proof.h"
#include "s2s/stream.h"

namespace chancery::s2s {

class Service;

/// What was agreed before the first stanza.
struct Agreement {
    Pair pair;
    bool we_called = false;            ///< the stream is ours: we send on it, and close it when it is idle
    bool both_ways = false;            ///< XEP-0288
    bool peer_acknowledges = false;    ///< the peer that was called offers XEP-0198
    Proof proof = Proof::authority;    ///< of the peer's domain
};

class Exchange final : public Carrier {
  public:
    Exchange(Service& service, std::unique_ptr<Stream> stream, Agreement agreement);
    ~Exchange() override;

    /// Runs to the end of the stream. False when it ended by a fault or a loss, and not in order.
    Task<bool> run();
    void end(StreamError reason);
    const Pair& pair() const { return agreement_.pair; }

    void send_waiting() override;

  private:
    /// What is known of a stanza before it is taken apart.
    struct Incoming {
        Jid from, to;
        std::string kind, id, type;
    };

    bool receives() const { return !agreement_.we_called || agreement_.both_ways; }
    bool sends() const { return agreement_.we_called || agreement_.both_ways; }
    void leave(bool in_order);
    Task<> read();
    Task<> handle(xml::View element);
    Task<> handle_stanza(xml::View stanza);
    Task<> pass_on(Incoming incoming, std::string text);
    void take_message(const Incoming& incoming, xml::View stanza);
    Task<> take_the_road(Incoming incoming, StanzaIn stanza);
    void refuse(const Incoming& incoming, const StanzaError& error);
    Task<> messages_settled(std::size_t at_most);
    bool rests();
    bool awaits_last_word() const { return outbox_ && outbox_->unacknowledged() > 0; }
    Task<> say_last_count();
    void check_progress();
    void acknowledge_written();
    void ask_for_proof();
    static Task<> wait_for_proof(std::shared_ptr<Exchange*> alive, Host& host, Jid theirs, std::size_t count);
    void proven(std::size_t count);

    // acknowledgement.cc
    void handle_management(xml::View element);
    void answer_requests();
    void take_acknowledgement(xml::View element);
    void request_acknowledgement();
    void count();

    Service& service_;
    std::unique_ptr<Stream> stream_;
    const Agreement agreement_;
    std::optional<StreamError> ending_;
    Outbox* outbox_ = nullptr;           ///< that this stream carries
    bool has_sent_ = false;
    bool peer_took_leave_ = false;       ///< </stream:stream>

    // XEP-0198. What we sent before it was enabled is acknowledged by the kernel's taking it.
    bool managed_ = false;               ///< the peer acknowledges what we send
    bool answers_ = false;               ///< we acknowledge what the peer sends
    bool request_open_ = false;
    bool asks_for_proof_ = false;        ///< without XEP-0198: a ping is on its way
    std::uint32_t acknowledged_ = 0, handled_ = 0;
    std::vector<std::uint32_t> requests_;
    std::size_t in_flight_ = 0;          ///< messages on their way to the journal
    net::Event settled_;

    net::Instant last_stanza_, last_progress_;
    net::Timer patience_;                ///< with a peer that has not acknowledged all, when we leave
    net::Timer written_;                 ///< looks whether the kernel has taken what was sent
    std::shared_ptr<Exchange*> alive_;
};

}  // namespace chancery::s2s
