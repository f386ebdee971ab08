// The door for browsers: HTTPS on every shard. There is no plain HTTP and no setting that makes it.
//
// Operation. A connection is secured, then its requests are answered one after the other by the handlers of the router.
// A client that asks for another protocol by ALPN (RFC 7301) is passed on, so that both can share port 443.
// Concurrency. start() from the main thread, with a router that is full; the rest on each shard.
// Limits. Those of the door; HttpLimits; those of http_exchange.h and http_reader.h.
#pragma once
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "net/door.h"
#include "net/http_router.h"
#include "net/listener.h"
#include "net/tls.h"

namespace chancery::net {

class HttpServer {
  public:
    struct Parts {
        std::string address;     ///< empty: off
        CurrentTlsContext& tls;  ///< serves http/1.1, and `other_protocol` if there is one
        Door& door;
        const HttpRouter& router;
        std::vector<Shard*> shards;
        std::string other_protocol;
        std::function<void(TakenOver)> take;  ///< a connection that speaks it
        HttpLimits limits = {};
    };
    explicit HttpServer(Parts parts);
    ~HttpServer();

    /// Opens the listeners, before the shards run. @throws SocketError
    void start();
    /// On each shard's thread: no more connections, no more requests on those there are.
    void stop_on(std::size_t shard);
    /// On each shard's thread, last: what is still there is destroyed.
    void destroy_on(std::size_t shard);

    std::uint16_t port() const;

  private:
    struct PerShard;
    struct Waiting;
    PerShard& current();
    void accepted(std::unique_ptr<Connection> connection);
    Task<> serve(std::unique_ptr<Connection> connection, Door::Pass pass);
    Task<> answer_requests(std::unique_ptr<Connection>& connection, Door::Pass& pass);
    Task<bool> wait_for_head(Connection& connection, HttpReader& reader);
    Task<bool> answer(std::unique_ptr<Connection>& connection, HttpReader& reader, Door::Pass& pass);

    Parts parts_;
    std::vector<std::unique_ptr<PerShard>> per_shard_;
};

}  // namespace chancery::net
