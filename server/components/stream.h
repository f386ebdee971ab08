// The XML stream of a component (XEP-0114 1.6 §3): as a client's, but for its namespace and its greeting.
//
// Concurrency. On one shard's thread.
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

namespace chancery::components {

inline constexpr std::string_view ns_component = "jabber:component:accept";

/// The peer closed its side.
struct StreamEnded {};

class Stream {
  public:
    Stream(std::unique_ptr<net::Connection> connection, std::size_t most_bytes)
        : connection_(std::move(connection)), scanner_({.element_bytes = most_bytes}) {}

    net::Connection& connection() { return *connection_; }
    /// The next header or element. @throws StreamError, StreamEnded, net::Timeout, net::ConnectionLost, net::Cancelled
    Task<xml::Event> next(std::chrono::milliseconds limit);
    /// Of the last event; until the next wait, unless keep() is called, which ends it.
    xml::View root() const { return scanner_.document().root(); }
    void keep() { scanner_.keep(); }
    /// Of one stanza, from the next one on.
    void set_most_bytes(std::size_t bytes) { scanner_.set_limits({.element_bytes = bytes}); }

    /// Sends the header; the id in it, which the greeting is made of.
    std::string open(std::string_view domain);
    void write(std::string_view xml) { connection_->write(xml); }
    /// Sends the error and the end of the stream. Throws nothing.
    Task<> end(std::string domain, std::optional<StreamError> reason);

  private:
    std::unique_ptr<net::Connection> connection_;
    xml::StreamScanner scanner_;
    bool open_ = false;
};

/// The stanza as it would stand on a client's stream: in the namespace jabber:client. Nothing when it cannot be said so.
std::optional<std::string> to_client(xml::View stanza);

/// XEP-0114 §3: what a component that knows the secret says, in hexadecimal digits.
std::string greeting(std::string_view stream_id, std::string_view secret);

}  // namespace chancery::components
