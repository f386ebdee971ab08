// The connection of one component, from its greeting to its end.
//
// Concurrency. On the shard that accepted it.
#pragma once
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "components/rights.h"
#include "components/stream.h"
#include "core/host.h"
#include "net/wait.h"

namespace chancery::components {

class Service;

class Component {
  public:
    Component(Service& service, Stream& stream, std::string domain, std::uint64_t id);
    ~Component();
    Component(const Component&) = delete;

    const std::string& domain() const { return domain_; }
    std::uint64_t id() const { return id_; }

    /// Runs to the end of the stream.
    Task<> run();
    /// Tells it what it may do beyond XEP-0114, if it is anything.
    void tell_rights();
    void write(std::string_view xml) { stream_.write(xml); }
    /// Writes a message, which counts as handed over once the kernel has it.
    void deliver(std::shared_ptr<Delivery> message);
    void end(StreamError reason);

  private:
    Task<> handle(xml::View element);
    // privilege.cc
    bool is_for_another(xml::View stanza, const Jid& to) const;
    Task<> act_for_another(xml::View stanza, const Jid& from);
    Task<> send_for_another(xml::View stanza, const Jid& from);
    Task<> ask_for_another(StanzaIn iq);
    Task<> record(const Jid& from, Jid to, std::string stanza, const StanzaError* refused);
    Task<> handle_message(xml::View stanza, const Jid& from);
    Task<> handle_other(xml::View stanza, const Jid& from);
    Task<> messages_settled(std::size_t at_most);
    void settle_written();

    Service& service_;
    Stream& stream_;
    std::string domain_;
    const Rights& rights_;
    std::uint64_t id_;
    std::optional<StreamError> ending_;
    std::size_t in_flight_ = 0;                         // messages on their way to the journal
    std::shared_ptr<std::size_t> asking_ = std::make_shared<std::size_t>(0);  // requests in others' names that wait for an answer
    net::Event settled_;                                // set whenever one of them is dealt with
    std::vector<std::shared_ptr<Delivery>> written_;    // that may still be on their way out
    net::Timer looking_;
    std::shared_ptr<Component*> alive_;
};

}  // namespace chancery::components
