#include "s2s/exchange.h"

#include "s2s/answering.h"
#include "s2s/service.h"
#include "s2s/stanza_namespace.h"
#include "xml/parse.h"
#include "xmpp/namespaces.h"

namespace chancery::s2s {
namespace {

using namespace std::chrono_literals;

constexpr xml::Tag error_tag{"error", ns::stream};
constexpr std::string_view management = "urn:xmpp:sm:3";
constexpr std::size_t window = 64;          // messages of one stream on their way to the journal at a time
constexpr std::size_t most_unsent = 512 * 1024;
constexpr auto tick = 1s;                   // how long nothing is looked after on a silent stream
constexpr auto progress_limit = 60s;        // for the peer to take or acknowledge something
constexpr auto look_again = 20ms;
constexpr auto last_word_limit = 2s;         // for what is on its way when a stream is ended

bool is_stanza(xml::View element) {
    return element.ns() == ns_server && (element.name() == "message" || element.name() == "presence" || element.name() == "iq");
}

}  // namespace

Exchange::Exchange(Service& service, std::unique_ptr<Stream> stream, Agreement agreement)
    : service_(service), stream_(std::move(stream)), agreement_(std::move(agreement)), last_stanza_(net::Shard::current().now()),
      last_progress_(last_stanza_), alive_(std::make_shared<Exchange*>(this)) {
    const auto& limits = service_.host().config().limits;
    stream_->set_limits({.element_bytes = static_cast<std::size_t>(limits.stanza_kib) * 1024});
    service_.add(*this);
    service_.board().change(agreement_.pair.theirs, [&](DomainStatus& status) {
        ++(agreement_.we_called ? status.streams_out : status.streams_in);
        (agreement_.we_called ? status.known_as_called_by : status.known_as_caller_by) = name_of(agreement_.proof);
    });
    if (agreement_.we_called && agreement_.peer_acknowledges) {
        stream_->write("<enable xmlns='urn:xmpp:sm:3'/>");
        managed_ = true;
    }
    auto* box = sends() ? service_.find_outbox(agreement_.pair) : nullptr;
    if (box && !box->carrier()) outbox_ = box;
    if (outbox_) outbox_->attach(this);
    send_waiting();
}

Exchange::~Exchange() {
    *alive_ = nullptr;
    leave(false);
    service_.remove(*this);
    service_.board().change(agreement_.pair.theirs, [&](DomainStatus& status) {
        --(agreement_.we_called ? status.streams_out : status.streams_in);
    });
}

/// Whatever the peer has not got goes on its way again. One that says goodbye has read what was sent before.
void Exchange::leave(bool in_order) {
    if (auto* box = std::exchange(outbox_, nullptr)) {
        if (in_order && !managed_ && stream_->unsent() == 0) box->acknowledge(box->unacknowledged());
        box->attach(nullptr);
        box->lost();
    }
}

void Exchange::end(StreamError reason) {
    if (ending_) return;
    ending_ = std::move(reason);
    // What the peer has and has not acknowledged would go to it a second time.
    const auto leave_now = [this] { stream_->cancel("ended by the server"); };
    if (awaits_last_word()) patience_.start(last_word_limit, leave_now);
    else leave_now();
}

/// XEP-0198 §4: said once more what we have dealt with, so that the peer need not send it again.
Task<> Exchange::say_last_count() {
    try {
        auto settled = messages_settled(0);
        co_await net::within(last_word_limit, std::move(settled));
    } catch (const net::Timeout&) {
    }
    stream_->write("<a xmlns='urn:xmpp:sm:3' h='" + std::to_string(handled_) + "'/>");
}

Task<bool> Exchange::run() {
    std::optional<StreamError> farewell;  // co_await is not allowed in a catch block
    std::string failure;
    const auto& theirs = agreement_.pair.theirs;
    try {
        co_await read();
        farewell = ending_;
    } catch (const StreamError& error) {
        farewell = error;
        failure = std::string(error.condition) + (error.text.empty() ? "" : ": ") + error.text;
    } catch (const StreamEnded&) {
        if (!peer_took_leave_) failure = "the peer is gone without a goodbye";
    } catch (const net::Timeout&) {
        farewell = StreamError{"connection-timeout"};
        failure = "silence";
    } catch (const net::Cancelled&) {
        farewell = ending_;
    } catch (const net::ConnectionLost& lost) {
        failure = lost.what();
    } catch (const PeerRefused& refused) {
        failure = refused.what();
    }
    if (!failure.empty()) {
        log::info("s2s.stream_failed", {{"domain", theirs}, {"peer", stream_->connection().peer_address()}, {"cause", failure}});
        service_.board().failed(theirs, failure, service_.host().now());
    }
    leave(failure.empty());
    if (answers_) co_await say_last_count();
    co_await stream_->end(agreement_.pair.ours, std::move(farewell));
    co_return failure.empty();
}

Task<> Exchange::read() {
    while (!ending_ || awaits_last_word()) {
        std::optional<xml::Event> event;
        try {
            event = co_await stream_->next(tick);
        } catch (const net::Timeout&) {
        }
        check_progress();
        if (!event && rests()) co_return;
        if (!event) continue;
        if (*event == xml::Event::footer) {
            peer_took_leave_ = true;
            co_await messages_settled(0);
            throw StreamEnded();
        }
        co_await handle(stream_->root());
    }
}

/// Long enough without a stanza that the stream may be closed.
bool Exchange::rests() {
    const auto idle = std::chrono::seconds(service_.settings().idle_seconds) * (agreement_.we_called ? 1 : 2);
    const bool nothing_open = in_flight_ == 0 && (!outbox_ || outbox_->is_empty());
    return nothing_open && stream_->shard().now() > last_stanza_ + idle;
}

void Exchange::check_progress() {
    if (!outbox_ || outbox_->unacknowledged() == 0) last_progress_ = stream_->shard().now();
    else if (stream_->shard().now() > last_progress_ + progress_limit) throw net::Timeout();
}

void Exchange::send_waiting() {
    if (!outbox_ || ending_) return;
    bool any = false;
    while (stream_->unsent() < most_unsent) {
        const auto* parcel = outbox_->next();
        if (!parcel) break;
        stream_->write(parcel->xml);
        any = true;
    }
    if (!any) return;
    has_sent_ = true;
    last_stanza_ = stream_->shard().now();
    if (managed_) request_acknowledgement();
    else if (!written_.is_running()) written_.start(look_again, [this] { acknowledge_written(); });
}

/// Without XEP-0198 the kernel's taking the bytes proves little: a peer that has just died takes them too. A message that
/// waits in the ledger counts as handed over when a ping that was sent after it is answered, whatever the answer is.
void Exchange::acknowledge_written() {
    if (!outbox_ || managed_ || outbox_->unacknowledged() == 0) return;
    if (stream_->unsent() > 0) {
        written_.start(look_again, [this] { acknowledge_written(); });
        return;
    }
    last_progress_ = stream_->shard().now();
    // Of a service's domain the service itself gets the answers.
    const bool can_ask = agreement_.pair.ours == service_.host().domain();
    if (!can_ask || !outbox_->has_sent_from_ledger()) outbox_->acknowledge(outbox_->unacknowledged());
    else ask_for_proof();
}

void Exchange::ask_for_proof() {
    if (std::exchange(asks_for_proof_, true)) return;
    const auto theirs = Jid::of({}, agreement_.pair.theirs);
    service_.tasks().spawn(wait_for_proof(alive_, service_.host(), *theirs, outbox_->unacknowledged()));
}

Task<> Exchange::wait_for_proof(std::shared_ptr<Exchange*> alive, Host& host, Jid theirs, std::size_t count) {
    (void)co_await host.request(host.domain_jid(), theirs, false, "<ping xmlns='urn:xmpp:ping'/>");
    if (auto* exchange = *alive) exchange->proven(count);
}

void Exchange::proven(std::size_t count) {
    asks_for_proof_ = false;
    if (!outbox_) return;
    outbox_->acknowledge(count);
    acknowledge_written();
}

Task<> Exchange::handle(xml::View element) {
    if (is_stanza(element)) {
        co_await handle_stanza(element);
    } else if (element.ns() == management) {
        handle_management(element);
    } else if (element.is(error_tag)) {
        throw PeerRefused("the peer ended the stream: " + std::string(element.first_child().name()));
    } else if (element.ns() == dialback_ns && !agreement_.we_called) {
        stream_->write(answer_on_open_stream(service_, element));
    } else {
        throw StreamError{"unsupported-stanza-type"};
    }
}

/// RFC 6120 §8.1.1.2, §8.1.2.2: every stanza says from whom, of that domain alone, to whom, of ours.
Task<> Exchange::handle_stanza(xml::View stanza) {
    if (!receives()) throw StreamError{"not-authorized", "Nothing was agreed to come this way."};
    if (!stanza.has_attribute("from") || !stanza.has_attribute("to")) throw StreamError{"improper-addressing"};
    const auto from = Jid::parse(stanza.attribute("from")), to = Jid::parse(stanza.attribute("to"));
    if (!from || from->domain() != agreement_.pair.theirs) throw StreamError{"invalid-from"};
    if (to && !service_.host().is_ours(to->domain())) throw StreamError{"host-unknown"};
    auto text = to_client(stanza);
    if (!text) throw StreamError{"bad-format"};
    const Incoming incoming{.from = *from, .to = to ? *to : service_.host().domain_jid(), .kind = std::string(stanza.name()),
                            .id = std::string(stanza.attribute("id")), .type = std::string(stanza.attribute("type"))};
    stream_->keep();
    last_stanza_ = stream_->shard().now();
    service_.board().change(agreement_.pair.theirs, [](DomainStatus& status) { ++status.received; });

    auto& meter = service_.meter_of(agreement_.pair.theirs);
    const bool admitted = meter.admits(to ? to->bare_text() : std::string_view(), stream_->shard().now());
    const auto wait = meter.take(stream_->shard().now());
    if (wait > 0ms) co_await net::sleep(wait);
    if (!to || !admitted) {
        co_await messages_settled(0);
        refuse(incoming, to ? StanzaError{Condition::resource_constraint, "Your domain has written to too many addresses. Try again later."}
                            : StanzaError{Condition::jid_malformed, "The address in 'to' is not a valid JID."});
        count();
        co_return;
    }
    co_await pass_on(incoming, std::move(*text));
}

/// As for clients: messages go to the journal side by side, everything else waits for those before it.
Task<> Exchange::pass_on(Incoming incoming, std::string text) {
    const auto parsed = xml::parse_owned(std::move(text), xml::limits_of_stored_xml, ns::client);
    if (!parsed) throw StreamError{"bad-format"};
    if (incoming.kind == "message") {
        take_message(incoming, parsed->root());
        if (in_flight_ >= window || service_.host().recorder().journal().queued_bytes() > journal::queue_limit)
            co_await messages_settled(window / 2);
        co_return;
    }
    co_await messages_settled(0);
    auto stanza = take_stanza(parsed->root(), incoming.from, service_.host().domain());
    if (!stanza) refuse(incoming, stanza.error());
    else co_await take_the_road(incoming, std::move(*stanza));
    count();
}

void Exchange::take_message(const Incoming& incoming, xml::View stanza) {
    auto message = service_.host().take_message(stanza, incoming.from);
    if (!message) {
        refuse(incoming, message.error());
        return count();
    }
    ++in_flight_;
    const auto handled = [alive = alive_] {
        if (auto* exchange = *alive) {
            --exchange->in_flight_;
            exchange->settled_.set();
            exchange->count();
        }
    };
    service_.tasks().spawn(service_.host().accept_from_client(0, std::move(*message), handled));
}

Task<> Exchange::take_the_road(Incoming incoming, StanzaIn stanza) {
    auto& host = service_.host();
    std::optional<StanzaError> failed;
    try {
        if (incoming.kind == "iq") {
            auto handled = host.handle_iq(0, std::move(stanza));
            co_await host.visit(host.home_of(incoming.from), std::move(handled));
        } else {
            co_await host.handle_presence_from_outside(std::move(stanza));
        }
    } catch (const NotRecorded& failure) {
        log::error("stanza.not_recorded", {{"kind", incoming.kind}, {"cause", failure.what()}});
        failed = StanzaError{Condition::resource_constraint, "Not taken: the archive is not available"};
    } catch (const storage::StorageError& failure) {
        log::error("stanza.failed", {{"kind", incoming.kind}, {"cause", failure.what()}});
        failed = StanzaError{Condition::internal_server_error, "The server could not do that now. Try again later."};
    }
    if (failed) refuse(incoming, *failed);
}

void Exchange::refuse(const Incoming& incoming, const StanzaError& error) {
    if (incoming.type != "error" && incoming.type != "result")
        service_.host().send_error(incoming.from, incoming.kind, incoming.to, incoming.id, error);
}

Task<> Exchange::messages_settled(std::size_t at_most) {
    while (in_flight_ > at_most) {
        settled_.reset();
        co_await settled_.wait();
    }
}

}  // namespace chancery::s2s
