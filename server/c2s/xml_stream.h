// One XML stream of a client (RFC 6120 §4): events in, elements out, whatever carries them: TCP (tcp_stream.h), WebSocket
// frames or HTTP requests. What is said on it, and in which order, is the same over all of them.
//
// Concurrency. On one shard's thread; hand_over() changes which.
#pragma once
#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "accounts/sasl/channel_binding.h"
#include "base/task.h"
#include "net/connection.h"
#include "xml/document.h"
#include "xml/limits.h"
#include "xml/stream_scanner.h"
#include "xmpp/errors.h"

namespace chancery::c2s {

/// The peer closed its side without an error.
struct StreamEnded {};

class XmlStream {
  public:
    virtual ~XmlStream() = default;

    /// Until further notice next() waits no longer than to this moment, however the bytes trickle in.
    void set_deadline(std::optional<net::Instant> deadline) { deadline_ = deadline; }
    /// What is left of `limit` before the deadline.
    std::chrono::milliseconds left(std::chrono::milliseconds limit) const;

    /// The next header, element or footer. @throws StreamError for faults, StreamEnded, net::Timeout, net::ConnectionLost,
    /// net::Cancelled
    virtual Task<xml::Event> next(std::chrono::milliseconds limit) = 0;
    /// Of the last event. Valid until the next wait, unless keep() is called, which ends it.
    virtual xml::View root() const = 0;
    /// Before a wait between two elements: what has arrived and is not read yet stays.
    virtual void keep() = 0;
    /// Whether the header stands for the namespace of the stanzas too (RFC 6120 §4.8.2), and not each stanza for itself.
    virtual bool inherits_namespace() const = 0;
    /// From the next element on.
    virtual void set_limits(const xml::Limits& limits) = 0;

    /// Expects a new stream of the peer and has not sent its own header again.
    virtual void restart();
    /// Sends the response header, once per stream (§4.7). Its id is fresh each time.
    void open(std::string_view domain, std::string_view to = {});
    bool is_open() const { return open_; }
    /// Sends one element, of the namespace jabber:client or of one that it declares. Never waits.
    virtual void write(std::string_view xml) = 0;
    /// Bytes written that may never reach the peer; not 0 when some were dropped.
    virtual std::size_t unsent() const = 0;
    /// More than this is not kept for a peer that does not read: the stream is lost.
    virtual void set_unsent_limit(std::size_t bytes) = 0;
    /// Waits until nothing is unsent. Throws as next() does.
    virtual Task<> drained(std::chrono::milliseconds limit) = 0;
    /// Makes the pending and every later next() throw net::Cancelled.
    virtual void cancel(std::string reason) = 0;
    /// Sends the error and the end of the stream, then lets go of the peer. Throws nothing.
    Task<> end(std::string domain, std::optional<StreamError> reason);

    virtual const net::Address& peer() const = 0;
    /// What ties this stream to its TLS channel; nothing where the two are not one to one.
    virtual sasl::ChannelBindings bindings() const { return {}; }
    /// They are not asked for any more.
    virtual void forget_bindings() {}
    virtual net::Shard& shard() const = 0;

    using Then = std::move_only_function<void(std::unique_ptr<XmlStream>)>;
    /// Gives the stream to another shard and calls `then` with it there. Nobody may be waiting in it.
    static void hand_over(std::unique_ptr<XmlStream> stream, net::Shard& target, Then then);

  private:
    virtual void send_header(std::string_view domain, std::string_view to, std::string_view id) = 0;
    /// Ends the open stream, if it is, and lets go of the peer.
    virtual Task<> close(const std::optional<StreamError>& reason) = 0;
    virtual void move_to(std::unique_ptr<XmlStream> self, net::Shard& target, Then then) = 0;

    bool open_ = false;
    std::optional<net::Instant> deadline_;
};

/// Of a stream that has a TLS connection to itself.
sasl::ChannelBindings bindings_of(const net::Connection& connection);

}  // namespace chancery::c2s
