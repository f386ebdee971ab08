#include "components/component.h"

#include "components/service.h"
#include "core/stamp.h"
#include "xml/parse.h"

namespace chancery::components {
namespace {

constexpr std::size_t window = 64;  // messages of one component on their way to the journal at a time
constexpr auto silence = std::chrono::hours(24);  // a component has nothing to say for as long as nobody talks to it
constexpr auto look_again = std::chrono::milliseconds(20);  // whether the kernel has what was written

}  // namespace

Component::Component(Service& service, Stream& stream, std::string domain, std::uint64_t id)
    : service_(service), stream_(stream), domain_(std::move(domain)), rights_(service.rights_of(domain_)), id_(id), alive_(std::make_shared<Component*>(this)) {
    service_.add(*this);
}

Component::~Component() {
    *alive_ = nullptr;
    service_.remove(*this);
    // Whether they arrived nobody knows: their authors hear that the component has gone.
    for (const auto& delivery : std::exchange(written_, {})) {
        service_.host().settle(delivery);
        const auto& message = *delivery->message;
        if (message.type != MessageType::error)
            service_.host().send_error(message.from, "message", message.to, message.id,
                                       {Condition::service_unavailable, "The connection to that service was lost. It may or may not have your message."});
    }
}

void Component::end(StreamError reason) {
    if (ending_) return;
    ending_ = std::move(reason);
    stream_.connection().cancel("ended by the server");
}

Task<> Component::run() {
    std::optional<StreamError> farewell;  // co_await is not allowed in a catch block
    try {
        while (true) {
            (void)co_await stream_.next(silence);
            co_await handle(stream_.root());
        }
    } catch (const StreamError& error) {
        farewell = error;
    } catch (const StreamEnded&) {
    } catch (const net::Timeout&) {
        farewell = StreamError{"connection-timeout"};
    } catch (const net::Cancelled&) {
        farewell = ending_;
    } catch (const net::ConnectionLost&) {
    }
    log::info("component.left", {{"domain", domain_}});
    co_await stream_.end(domain_, std::move(farewell));
}

Task<> Component::handle(xml::View element) {
    const auto text = to_client(element);
    const auto plain = text ? xml::parse_owned(*text, xml::limits_of_stored_xml, ns::client) : Result<xml::Document, xml::Fault>(std::unexpected(xml::Fault()));
    if (!plain) throw StreamError{"bad-namespace-prefix"};
    const auto stanza = plain->root();
    if (stanza.ns() != ns::client || (stanza.name() != "message" && stanza.name() != "presence" && stanza.name() != "iq"))
        throw StreamError{"unsupported-stanza-type"};
    // XEP-0114 §3: a component speaks for its domain and nobody else.
    const auto from = Jid::parse(stanza.attribute("from")), to = Jid::parse(stanza.attribute("to"));
    if (!from || from->domain() != domain_) throw StreamError{"invalid-from"};
    if (!stanza.has_attribute("to") || (to && !service_.host().is_ours(to->domain())))
        throw StreamError{"improper-addressing", "A component talks to this server and its people."};
    stream_.keep();
    if (to && is_for_another(stanza, *to)) co_await act_for_another(stanza, *from);
    else if (stanza.name() == "message") co_await handle_message(stanza, *from);
    else co_await handle_other(stanza, *from);
}

Task<> Component::handle_message(xml::View stanza, const Jid& from) {
    auto& host = service_.host();
    auto message = host.take_message(stanza, from);
    if (!message) {
        if (stanza.attribute("type") != "error")
            stream_.write(error_reply("message", from, host.domain_jid(), stanza.attribute("id"), message.error()));
        co_return;
    }
    ++in_flight_;
    const auto handled = [alive = alive_] {
        if (!*alive) return;
        --(*alive)->in_flight_;
        (*alive)->settled_.set();
    };
    service_.tasks().spawn(host.accept_from_client(0, std::move(*message), handled));
    const bool is_busy = in_flight_ >= window || host.recorder().journal().queued_bytes() > journal::queue_limit;
    if (is_busy) co_await messages_settled(window / 2);
}

Task<> Component::handle_other(xml::View stanza, const Jid& from) {
    auto& host = service_.host();
    auto taken = take_stanza(stanza, from, host.domain());
    co_await messages_settled(0);
    const auto kind = std::string(stanza.name()), id = std::string(stanza.attribute("id"));
    const bool answered = stanza.attribute("type") != "error" && stanza.attribute("type") != "result";
    std::optional<StanzaError> refused;
    if (taken) {
        const auto to = *taken->to;
        try {
            auto& there = host.home_of(from);
            auto road = kind == "iq" ? host.handle_iq(0, std::move(*taken)) : host.handle_presence_from_outside(std::move(*taken));
            co_await host.visit(there, std::move(road));
        } catch (const NotRecorded& failure) {
            log::error("stanza.not_recorded", {{"kind", kind}, {"cause", failure.what()}});
            refused = {Condition::resource_constraint, "Not sent: the archive is not available"};
        } catch (const storage::StorageError& failure) {
            log::error("stanza.failed", {{"kind", kind}, {"cause", failure.what()}});
            refused = {Condition::internal_server_error, "The server could not do that now. Try again later."};
        }
        if (refused && answered) stream_.write(error_reply(kind, from, to, id, *refused));
    } else if (answered) {
        stream_.write(error_reply(kind, from, host.domain_jid(), id, taken.error()));
    }
}

Task<> Component::messages_settled(std::size_t at_most) {
    while (in_flight_ > at_most) {
        settled_.reset();
        co_await settled_.wait();
    }
}

void Component::deliver(std::shared_ptr<Delivery> message) {
    stream_.write(message->xml);
    if (!message->waits) return;
    written_.push_back(std::move(message));
    if (!looking_.is_running()) looking_.start(look_again, [this] { settle_written(); });
}

void Component::settle_written() {
    if (stream_.connection().has_dropped_output()) return;
    if (stream_.connection().unsent() > 0) return looking_.start(look_again, [this] { settle_written(); });
    for (const auto& delivery : std::exchange(written_, {})) service_.host().settle(delivery);
}

}  // namespace chancery::components
