// RFC 7395: a stream over WebSocket. Every element is a document of its own in a frame; <open/> and <close/> stand for the
// stream's tags.
#pragma once
#include "c2s/xml_stream.h"
#include "net/websocket.h"

namespace chancery::c2s {

class WebSocketStream final : public XmlStream {
  public:
    WebSocketStream(std::unique_ptr<net::Connection> connection, std::string received, const xml::Limits& limits)
        : socket_(std::move(connection), std::move(received), limits.element_bytes), limits_(limits) {}

    Task<xml::Event> next(std::chrono::milliseconds limit) override;
    xml::View root() const override { return element_.root(); }
    void keep() override {}
    bool inherits_namespace() const override { return false; }
    void set_limits(const xml::Limits& limits) override;
    void restart() override;
    void write(std::string_view xml) override;
    std::size_t unsent() const override;
    void set_unsent_limit(std::size_t bytes) override { socket_.connection().set_unsent_limit(bytes); }
    Task<> drained(std::chrono::milliseconds limit) override;
    void cancel(std::string reason) override { socket_.connection().cancel(std::move(reason)); }
    const net::Address& peer() const override { return socket_.connection().peer(); }
    sasl::ChannelBindings bindings() const override { return bindings_of(socket_.connection()); }
    void forget_bindings() override { socket_.connection().forget_handshake(); }
    net::Shard& shard() const override { return socket_.connection().shard(); }

  private:
    void send_header(std::string_view domain, std::string_view to, std::string_view id) override;
    Task<> close(const std::optional<StreamError>& reason) override;
    void move_to(std::unique_ptr<XmlStream> self, net::Shard& target, Then then) override;

    net::WebSocket socket_;
    xml::Limits limits_;
    xml::Document element_;
    bool expects_header_ = true;
};

}  // namespace chancery::c2s
