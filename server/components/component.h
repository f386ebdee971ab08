// The connection of one component, from its greeting to its end.
//
// Concurrency. On the shard that accepted it.
#pragma once
#include <memory>
#include <optional>
#include <string>
#include <vector>

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
    void write(std::string_view xml) { stream_.write(xml); }
    /// Writes a message, which counts as handed over once the kernel has it.
    void deliver(std::shared_ptr<Delivery> message);
    void end(StreamError reason);

  private:
    Task<> handle(xml::View element);
    Task<> handle_message(xml::View stanza, const Jid& from);
    Task<> handle_other(xml::View stanza, const Jid& from);
    Task<> messages_settled(std::size_t at_most);
    void settle_written();

    Service& service_;
    Stream& stream_;
    std::string domain_;
    std::uint64_t id_;
    std::optional<StreamError> ending_;
    std::size_t in_flight_ = 0;                         // messages on their way to the journal
    net::Event settled_;                                // set whenever one of them is dealt with
    std::vector<std::shared_ptr<Delivery>> written_;    // that may still be on their way out
    net::Timer looking_;
    std::shared_ptr<Component*> alive_;
};

}  // namespace chancery::components
