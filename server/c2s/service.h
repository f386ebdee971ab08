// The door for clients: listeners on every shard, and the connections that came in by them.
//
// Operation. A connection is negotiated on the shard that accepted it and then handed to the home shard of whoever
// signed in, where its session runs until it ends.
// Concurrency. start() and stop() from the main thread; the rest on each shard.
// Limits. Those of the door (net/door.h); whom it refuses is told why, at most `most_refusals` at a time.
#pragma once
#include <atomic>
#include <memory>
#include <vector>

#include "accounts/authenticator.h"
#include "accounts/sasl/mechanism.h"
#include "core/host.h"
#include "net/http_exchange.h"
#include "net/listener.h"
#include "net/tls.h"

namespace chancery::c2s {

class Client;
class TcpStream;
class XmlStream;

class Service {
  public:
    struct Parts {
        Host& host;
        Authenticator& authenticator;
        net::CurrentTlsContext& tls;
        net::Door& door;
        sasl::Policy sasl;
        std::vector<net::Shard*> shards;
    };
    explicit Service(Parts parts);
    ~Service();

    /// Opens the listeners, before the shards run. @throws net::SocketError
    void start();
    /// On each shard's thread: no more connections; every stream ends with <system-shutdown/>.
    void stop_on(std::size_t shard);
    /// On each shard's thread, last: what is still there is destroyed.
    void destroy_on(std::size_t shard);
    bool is_empty_on(std::size_t shard) const;

    /// A connection that another listener has secured: RFC 6120 over direct TLS.
    void take(net::TakenOver taken);
    /// A stream inside TLS, on the current shard.
    void take(std::unique_ptr<XmlStream> stream, net::Door::Pass pass);

    std::uint16_t starttls_port() const;
    std::uint16_t tls_port() const;

    // For connections.
    Parts& parts() { return parts_; }
    Host& host() { return parts_.host; }
    const Config& config() const { return parts_.host.config(); }
    TaskGroup& tasks();
    void add(Client& client);
    void remove(Client& client);

  private:
    static constexpr int most_refusals = 256;
    struct PerShard;
    PerShard& current();
    void accepted(std::unique_ptr<net::Connection> connection, bool direct_tls);
    Task<> serve(std::unique_ptr<XmlStream> stream, TcpStream* insecure, bool direct_tls, net::Door::Pass pass);
    Task<> turn_away(std::unique_ptr<net::Connection> connection, StreamError why);

    Parts parts_;
    std::atomic<int> refusals_ = 0;
    std::vector<std::unique_ptr<PerShard>> per_shard_;
};

}  // namespace chancery::c2s
