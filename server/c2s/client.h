// The session of one client, from the stream after authentication to its end: binding or resumption, then stanzas.
//
// Concurrency. On the home shard of the user; the coroutine that runs it owns it.
#pragma once
#include <optional>
#include <string>
#include <vector>

#include "c2s/sasl2.h"
#include "c2s/service.h"
#include "c2s/xml_stream.h"
#include "core/session.h"
#include "net/wait.h"

namespace chancery::c2s {

class Client final : public Link {
  public:
    Client(Service& service, std::unique_ptr<XmlStream> stream, SignedIn signed_in);
    ~Client() override;

    /// Runs to the end of the stream.
    Task<> run();

    // Link.
    void write(std::string_view xml) override { stream_->write(xml); }
    std::size_t unsent() const override { return stream_->unsent(); }
    void end(StreamError reason) override;

  private:
    Task<> establish();
    std::string features() const;
    void bind(xml::View iq);
    std::optional<StanzaError> bind_to(const Jid& full);
    Task<> read_stanzas();
    Task<xml::Event> next_element();
    Task<> handle(xml::View element);
    void handle_message(xml::View element);
    Task<> handle_stanza(xml::View element);
    Task<> messages_settled(std::size_t at_most);
    Task<> written_settled();
    void refuse(xml::View stanza, const StanzaError& error);
    void leave();

    // XEP-0388 and XEP-0386 (inline.cc).
    Task<> complete_sign_in(SignedIn::Sasl2 sign_in);
    Task<std::optional<archive::HistoryBounds>> archive_bounds();
    std::string bind_inline(const SignInRequest& request, const std::optional<archive::HistoryBounds>& bounds);
    std::string installation_id(const UserAgent& agent) const;

    // XEP-0198 (stream_management.cc).
    bool handle_management(xml::View element);
    std::string enable_management(std::string_view resume);
    std::string resume(std::string_view previous, std::string_view handled);
    void go_on();
    std::optional<std::uint32_t> count_of_ended(std::string_view id, std::uint32_t received);
    void take_acknowledgement(xml::View acknowledgement);
    void acknowledge(std::uint32_t handled);
    void answer_requests();
    Task<> expire_later(SessionId id);

    Session* session() { return home().find(session_id_); }
    Home& home();

    Service& service_;
    std::unique_ptr<XmlStream> stream_;
    Account account_;
    std::unique_ptr<SignedIn::Sasl2> sign_in_;  // to be completed
    Jid jid_;                              // bare until a resource is bound
    SessionId session_id_ = 0;
    std::optional<StreamError> ending_;    // set by end(): why the server ends the stream
    bool closed_by_client_ = false;        // </stream:stream>: the session ends, it does not wait to be resumed
    std::size_t in_flight_ = 0;            // messages on their way to the journal
    std::vector<std::uint32_t> requests_;   // <r/> not answered yet: the count that each waits for
    net::Event settled_;                   // set whenever one of them is dealt with
    std::shared_ptr<Client*> alive_;       // for messages that come back when the client is gone
};

}  // namespace chancery::c2s
