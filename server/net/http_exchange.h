// One request and its answer: what a handler has in hand.
//
// Operation. The handler reads the body if it wants one, then calls respond(), or begin() and send(), or take_over(). A
// handler that returns without any of them is answered for with 500. A body that is not read to its end costs the
// connection.
// Concurrency. On the shard that accepted the connection. A handler that hops away must be back before it touches this.
// Limits. The body: that of the route. Every wait on the client: HttpLimits; a body must come at a rate.
#pragma once
#include <memory>
#include <string>
#include <string_view>

#include "net/connection.h"
#include "net/door.h"
#include "net/http_message.h"
#include "net/http_reader.h"

namespace chancery::net {

/// How long a client may take; every wait on it has one of these limits.
struct HttpLimits {
    std::chrono::milliseconds handshake = std::chrono::seconds(30);
    std::chrono::milliseconds idle = std::chrono::seconds(75);  ///< between two requests
    std::chrono::milliseconds head = std::chrono::seconds(20);  ///< from a head's first byte to its last
    std::chrono::milliseconds body = std::chrono::seconds(30);  ///< for the next bytes of a body, and for its first 2 KiB/s
    std::chrono::milliseconds response = std::chrono::seconds(60);  ///< to take what was sent
};

/// A connection as HTTP leaves it to another protocol.
struct TakenOver {
    std::unique_ptr<Connection> connection;
    Door::Pass pass;
    std::string received;  // behind the request
};

class HttpExchange {
  public:
    HttpExchange(std::unique_ptr<Connection>& connection, HttpReader& reader, Door::Pass& pass,
                 const HttpLimits& limits);
    HttpExchange(const HttpExchange&) = delete;

    const HttpRequest& request() const { return request_; }
    const Address& peer() const { return connection_->peer(); }
    /// It is known whose connection this is.
    void signed_in() { pass_.signed_in(); }

    /// The whole body. @throws HttpError (413, 400, 408), ConnectionLost, Cancelled
    Task<std::string> body();
    /// Its next piece; empty at its end.
    Task<std::string> read();

    /// Answers with a whole response; a HEAD request gets its head.
    void respond(const HttpResponse& response);
    /// Answers with a head; `length` bytes of content follow by send(), unless the request was HEAD.
    void begin(int status, const HttpFields& fields, std::uint64_t length);
    /// Waits until the client has taken what came before. @throws Timeout, ConnectionLost, Cancelled
    Task<> send(std::string_view bytes);
    bool is_answered() const { return answered_; }

    /// Ends HTTP on this connection, after respond() with 101 or without.
    TakenOver take_over();

    // For the server.
    void limit_body(std::size_t bytes) { most_body_bytes_ = bytes; }
    /// Whether the next request can come.
    bool is_reusable() const { return answered_ && at_end_ && missing_ == 0 && keeps_alive_; }
    void close_after() { keeps_alive_ = false; }

  private:
    void go_ahead();
    std::chrono::milliseconds time_to_read() const;

    std::unique_ptr<Connection>& connection_;
    HttpReader& reader_;
    Door::Pass& pass_;
    const HttpLimits& limits_;
    std::size_t most_body_bytes_ = 0;
    HttpRequest request_;
    const Instant begin_;
    std::size_t body_bytes_ = 0;
    std::uint64_t missing_ = 0;  // of what begin() has promised
    bool at_end_ = false;        // of the body
    bool waited_ = false;
    bool answered_ = false;
    bool keeps_alive_;
};

}  // namespace chancery::net
