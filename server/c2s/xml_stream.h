// One XML stream over one connection (RFC 6120 §4): events in, bytes out.
#pragma once
#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/task.h"
#include "net/connection.h"
#include "xml/stream_scanner.h"
#include "xmpp/errors.h"

namespace chancery::c2s {

/// The peer closed its side without an error.
struct StreamEnded {};

class XmlStream {
  public:
    XmlStream(std::unique_ptr<net::Connection> connection, const xml::Limits& limits);

    /// What a stream has come to, for one that goes on with it on another shard.
    struct Rest {
        xml::StreamScanner::Rest scanner;
        bool is_open = false;
    };
    Rest take_rest() { return {scanner_.take_rest(), open_}; }
    XmlStream(std::unique_ptr<net::Connection> connection, const xml::Limits& limits, Rest rest);

    net::Connection& connection() { return *connection_; }
    std::unique_ptr<net::Connection> release() { return std::move(connection_); }
    xml::StreamScanner& scanner() { return scanner_; }
    xml::View root() const { return scanner_.document().root(); }

    /// Until further notice next() waits no longer than to this moment, however the bytes trickle in.
    void set_deadline(std::optional<net::Instant> deadline) { deadline_ = deadline; }
    /// What is left of `limit` before the deadline.
    std::chrono::milliseconds left(std::chrono::milliseconds limit) const;

    /// The next header, element or footer. @throws StreamError for faults, StreamEnded, and what read() throws.
    Task<xml::Event> next(std::chrono::milliseconds limit);

    /// Expects a new stream of the peer and has not sent its own header again.
    void restart();
    /// Sends the response header, once per stream (§4.7). `id` is fresh each time.
    void open(std::string_view domain, std::string_view to = {});
    bool is_open() const { return open_; }
    void write(std::string_view xml) { connection_->write(xml); }
    /// Bytes written that may never reach the peer; not 0 when some were dropped.
    std::size_t unsent() const { return connection_->has_dropped_output() ? 1 : connection_->unsent(); }
    /// Sends the error and the end of the stream, then closes the connection.
    Task<> end(std::string domain, std::optional<StreamError> reason);

  private:
    std::unique_ptr<net::Connection> connection_;
    xml::StreamScanner scanner_;
    bool open_ = false;
    std::optional<net::Instant> deadline_;
};

}  // namespace chancery::c2s
