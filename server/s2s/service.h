// Federation: the way to other servers (core/route.h), and the door for them.
//
// Operation. Everything about one domain elsewhere is on one shard, which follows from its name: what waits for it, the
// streams with it, how much it sends. A stream that comes in is negotiated where it was accepted and then handed there.
// Concurrency. The functions of Outside on every shard; start(), take_back() and status() as they say; the rest on a shard.
// Limits. federation.streams and the door's; `most_outboxes` pairs of domains on a shard.
#pragma once
#include <atomic>
#include <map>
#include <memory>
#include <set>
#include <vector>

#include "net/door.h"
#include "core/host.h"
#include "net/http_router.h"
#include "net/listener.h"
#include "s2s/board.h"
#include "s2s/dialback.h"
#include "s2s/meter.h"
#include "s2s/outbox.h"
#include "s2s/partner_rules.h"
#include "s2s/partners.h"
#include "s2s/posh.h"
#include "s2s/stream.h"
#include "s2s/tls.h"

namespace chancery::s2s {

class Exchange;
struct Agreement;

class Service final : public Outside {
  public:
    struct Parts {
        Host& host;
        const FederationSettings& settings;
        Tls& tls;
        Key key;                          ///< for dialback
        std::vector<net::Shard*> shards;
    };
    /// @throws ConfigError
    explicit Service(Parts parts);
    ~Service() override;

    // Outside.
    bool reaches(std::string_view domain) const override;
    void deliver(std::shared_ptr<Delivery> message) override;
    void send(const Jid& to, std::string xml) override;

    /// Before start(): takes what waits for addresses elsewhere, and gives back the rest.
    std::vector<Ledger::Waiting> take_back(const std::vector<Ledger::Waiting>& waiting);
    /// What our web server says to partners, if a setting wants it.
    void add_routes(net::HttpRouter& router);
    /// Opens the listeners, before the shards run. @throws net::SocketError
    void start();
    /// On each shard's thread, as c2s::Service.
    void stop_on(std::size_t shard);
    void destroy_on(std::size_t shard);
    bool is_empty_on(std::size_t shard) const;
    /// Waits until what was asked of DNS has come back.
    void drain() {
        resolvers_.drain();
        callers_resolvers_.drain();
    }

    std::uint16_t port() const;
    std::uint16_t tls_port() const;
    /// Any thread.
    std::map<std::string, DomainStatus> status() const { return board_.all(); }

    // For streams.
    Host& host() { return parts_.host; }
    const FederationSettings& settings() const { return parts_.settings; }
    Tls& tls() { return parts_.tls; }
    const Partners& partners() const { return partners_; }
    PartnerRules& rules() { return rules_; }
    /// From any thread: streams with domains that are no partners any more end, and what waits for them is returned.
    void end_with_strangers();
    const DialbackKeys& keys() const { return keys_; }
    Workers& resolvers() { return resolvers_; }
    Workers& callers_resolvers() { return callers_resolvers_; }
    Posh& posh() { return posh_; }
    Board& board() { return board_; }
    TaskGroup& tasks();
    Meter& meter_of(const std::string& domain);
    Outbox* find_outbox(const Pair& pair);
    void add(Exchange& exchange);
    void remove(Exchange& exchange);
    /// Somebody has spoken to us from there, so it is there: what waits for it need not wait for the next attempt.
    void is_there(const std::string& domain);
    /// Sees to it that the outbox gets a stream, if something waits in it and it has none.
    void serve(Outbox& outbox);

  private:
    struct PerShard {
        std::unique_ptr<net::Listener> starttls, tls;
        std::set<Exchange*> exchanges;
        std::map<Pair, std::unique_ptr<Outbox>> outboxes;
        std::map<std::string, Meter> meters;
        bool stopping = false;
        TaskGroup tasks;                  // first to go: its tasks use the others
    };
    PerShard& current();
    net::Shard& shard_of(std::string_view domain) const;
    void put(Parcel parcel);
    Outbox* outbox(PerShard& own, const Pair& pair);
    Parcel parcel_of(std::shared_ptr<Delivery> delivery) const;
    void accepted(std::unique_ptr<net::Connection> connection, bool direct_tls);
    Task<> answer(std::unique_ptr<net::Connection> connection, bool direct_tls, net::Door::Pass pass);
    Task<> turn_away(std::unique_ptr<net::Connection> connection, StreamError why);
    Task<> run_incoming(std::unique_ptr<Stream> stream, Agreement agreement, net::Door::Pass pass);
    Task<> dial(Pair pair);
    Task<> pause(Outbox& outbox, int failures);
    Task<> sweep();
    void end_with_strangers_here();
    Task<> show_document(net::HttpExchange& exchange);

    Parts parts_;
    const Partners partners_;
    PartnerRules rules_;
    const DialbackKeys keys_;
    Board board_;
    Posh posh_;
    net::Door door_;
    std::atomic<int> refusals_ = 0;
    // DNS may take seconds, and nobody else's work is to wait behind it; ours not behind that of strangers who call.
    Workers resolvers_{2}, callers_resolvers_{2};
    std::vector<std::unique_ptr<PerShard>> per_shard_;
};

}  // namespace chancery::s2s
