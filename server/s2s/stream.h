// One XML stream with another server over TCP and TLS (RFC 6120 §4), in whichever direction it was opened.
//
// Concurrency. On one shard's thread; hand_over() changes which.
#pragma once
#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/task.h"
#include "net/connection.h"
#include "xml/document.h"
#include "xml/limits.h"
#include "xml/stream_scanner.h"
#include "xmpp/errors.h"

namespace chancery::s2s {

/// The peer closed its side without an error.
struct StreamEnded {};

class Stream {
  public:
    Stream(std::unique_ptr<net::Connection> connection, const xml::Limits& limits)
        : connection_(std::move(connection)), scanner_(limits) {}

    net::Connection& connection() { return *connection_; }
    net::Shard& shard() const { return connection_->shard(); }

    /// Until further notice next() waits no longer than to this moment.
    void set_deadline(std::optional<net::Instant> deadline) { deadline_ = deadline; }
    std::chrono::milliseconds left(std::chrono::milliseconds limit) const;
    /// The next header, element or footer. @throws StreamError for faults, StreamEnded, net::Timeout, net::ConnectionLost,
    /// net::Cancelled
    Task<xml::Event> next(std::chrono::milliseconds limit);
    /// The next element. Throws as next() does, and StreamEnded for a footer.
    Task<xml::View> element(std::chrono::milliseconds limit);
    /// Of the last event; until the next wait.
    xml::View root() const { return scanner_.document().root(); }
    /// Before a wait between two elements.
    void keep() { scanner_.keep(); }
    void set_limits(const xml::Limits& limits) { scanner_.set_limits(limits); }

    /// Expects a new stream of the peer, and has not sent its own header again.
    void restart();
    /// The same before TLS: what has arrived already is somebody else's; how much that was.
    std::size_t restart_for_tls();
    /// Sends the stream header; `id` for the side that was called.
    void open(std::string_view from, std::string_view to, std::string_view id = {});
    bool is_open() const { return open_; }
    void write(std::string_view xml) { connection_->write(xml); }
    /// Not 0 when something was dropped.
    std::size_t unsent() const { return connection_->has_dropped_output() ? 1 : connection_->unsent(); }
    void cancel(std::string reason) { connection_->cancel(std::move(reason)); }
    /// Sends the error, if there is one, and the end of the stream, then lets go of the peer. Throws nothing.
    Task<> end(std::string from, std::optional<StreamError> reason);

    using Then = std::move_only_function<void(std::unique_ptr<Stream>)>;
    /// Gives the stream to another shard and calls `then` with it there. Nobody may be waiting in it.
    static void hand_over(std::unique_ptr<Stream> stream, net::Shard& target, Then then);

  private:
    std::unique_ptr<net::Connection> connection_;
    xml::StreamScanner scanner_;
    bool open_ = false;
    std::optional<net::Instant> deadline_;
};

/// What the peer said when it ended the stream, or refused: for the log and for the people who wait.
struct PeerRefused : std::runtime_error {
    using std::runtime_error::runtime_error;
};

}  // namespace chancery::s2s
