// A stream over a TCP connection of its own, as RFC 6120 has it: one long document.
#pragma once
#include "c2s/xml_stream.h"

namespace chancery::c2s {

class TcpStream final : public XmlStream {
  public:
    TcpStream(std::unique_ptr<net::Connection> connection, const xml::Limits& limits)
        : connection_(std::move(connection)), scanner_(limits) {}

    net::Connection& connection() { return *connection_; }
    xml::StreamScanner& scanner() { return scanner_; }

    Task<xml::Event> next(std::chrono::milliseconds limit) override;
    xml::View root() const override { return scanner_.document().root(); }
    void keep() override { scanner_.keep(); }
    bool inherits_namespace() const override { return true; }
    void set_limits(const xml::Limits& limits) override { scanner_.set_limits(limits); }
    void restart() override;
    void write(std::string_view xml) override { connection_->write(xml); }
    std::size_t unsent() const override { return connection_->has_dropped_output() ? 1 : connection_->unsent(); }
    void set_unsent_limit(std::size_t bytes) override { connection_->set_unsent_limit(bytes); }
    Task<> drained(std::chrono::milliseconds limit) override;
    void cancel(std::string reason) override { connection_->cancel(std::move(reason)); }
    const net::Address& peer() const override { return connection_->peer(); }
    sasl::ChannelBindings bindings() const override { return bindings_of(*connection_); }
    void forget_bindings() override { connection_->forget_handshake(); }
    net::Shard& shard() const override { return connection_->shard(); }

  private:
    void send_header(std::string_view domain, std::string_view to, std::string_view id) override;
    Task<> close(const std::optional<StreamError>& reason) override;
    void move_to(std::unique_ptr<XmlStream> self, net::Shard& target, Then then) override;

    std::unique_ptr<net::Connection> connection_;
    xml::StreamScanner scanner_;
};

}  // namespace chancery::c2s
