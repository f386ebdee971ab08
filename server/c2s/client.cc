#include "c2s/client.h"

#include "base/bytes.h"
#include "base/crypto.h"
#include "c2s/negotiation.h"
#include "xml/parse.h"

namespace chancery::c2s {
namespace {

constexpr xml::Tag iq_tag{"iq", ns::client}, message_tag{"message", ns::client}, presence_tag{"presence", ns::client};
constexpr xml::Tag bind_tag{"bind", ns::bind}, resource_tag{"resource", ns::bind};
constexpr std::string_view management = "urn:xmpp:sm:3", client_state = "urn:xmpp:csi:0";
constexpr xml::Tag authenticate_tag{"authenticate", "urn:xmpp:sasl:2"};
constexpr std::size_t window = 64;  // messages of one client on their way to the journal at a time
constexpr auto farewell_limit = std::chrono::seconds(10);  // to take what was written before the goodbye
constexpr auto answer_limit = std::chrono::seconds(60);  // for a sign of life when asked for one

xml::Limits limits_after_sign_in(const Config& config) {
    return {.element_bytes = static_cast<std::size_t>(config.limits.stanza_kib) * 1024};
}

std::string attribute(std::string_view name, std::string_view value) {
    return " " + std::string(name) + "='" + xml::escape(value, xml::Place::attribute) + "'";
}

}  // namespace

Client::Client(Service& service, std::unique_ptr<XmlStream> stream, SignedIn signed_in)
    : service_(service), stream_(std::move(stream)), account_(std::move(signed_in.account)),
      sign_in_(std::move(signed_in.sasl2)), jid_(account_.jid()), alive_(std::make_shared<Client*>(this)) {
    stream_->set_limits(limits_after_sign_in(service.config()));
    stream_->set_unsent_limit(static_cast<std::size_t>(service.config().limits.unsent_kib) * 1024);
    service_.add(*this);
}

Client::~Client() {
    *alive_ = nullptr;
    service_.remove(*this);
    leave();
}

Home& Client::home() { return service_.host().home_of(jid_); }

void Client::end(StreamError reason) {
    if (ending_) return;
    ending_ = std::move(reason);
    stream_->cancel("ended by the server");
}

Task<> Client::run() {
    std::optional<StreamError> farewell;  // co_await is not allowed in a catch block
    bool lost = false;
    try {
        co_await establish();
        stream_->set_deadline(std::nullopt);
        co_await read_stanzas();
        farewell = ending_;
    } catch (const StreamError& error) {
        farewell = error;
    } catch (const StreamEnded&) {
        lost = !closed_by_client_;
    } catch (const net::Timeout&) {
        farewell = StreamError{"connection-timeout"};
        lost = true;
    } catch (const net::Cancelled&) {
        farewell = ending_;
    } catch (const net::ConnectionLost&) {
        lost = true;
    }
    if (!lost) closed_by_client_ = true;  // the stream ends in order: nothing waits to be resumed
    leave();
    co_await stream_->end(service_.host().domain(), std::move(farewell));
}

std::string Client::features() const {
    std::string xml = "<stream:features>";
    if (!session_id_) xml += "<bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'/>";
    return xml + "<sm xmlns='urn:xmpp:sm:3'/><csi xmlns='urn:xmpp:csi:0'/>" + service_.host().offers() + "</stream:features>";
}

Task<> Client::establish() {
    const auto limit = std::chrono::milliseconds(std::chrono::seconds(service_.config().limits.login_seconds));
    if (const auto sign_in = std::exchange(sign_in_, nullptr)) {
        co_await complete_sign_in(std::move(*sign_in));
    } else {
        co_await accept_header(service_, *stream_, limit, std::string(jid_.text()));
        stream_->write(features());
    }
    while (!session_id_) {
        if (co_await stream_->next(limit) == xml::Event::footer) throw StreamEnded();
        const auto element = stream_->root();
        if (element.is({"resume", management})) {
            stream_->write(resume(element.attribute("previd"), element.attribute("h")));
            if (session_id_) go_on();
        } else if (element.is({"enable", management}))
            stream_->write("<failed xmlns='urn:xmpp:sm:3'><unexpected-request xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></failed>");
        else if (element.is(iq_tag) && element.child(bind_tag)) bind(element);
        else throw StreamError{"not-authorized", "Bind a resource first."};  // RFC 6120 §7.1
    }
}

/// RFC 6120 §7.6, §7.7: the resource that the client asks for, or one of ours.
void Client::bind(xml::View iq) {
    const auto request = iq.child(bind_tag);
    std::string wanted(request.child(resource_tag).text());
    if (wanted.empty()) wanted = to_hex(random_bytes(8));
    const auto full = account_.jid().with_resource(wanted);
    if (iq.attribute("type") != "set" || !full) {
        refuse(iq, {Condition::bad_request, "That is not a valid resource."});
        return;
    }
    if (const auto refused = bind_to(*full)) return refuse(iq, *refused);
    stream_->write("<iq type='result'" + attribute("id", iq.attribute("id")) + "><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'><jid>" +
                  xml::escape(jid_.text()) + "</jid></bind></iq>");
}

std::optional<StanzaError> Client::bind_to(const Jid& full) {
    auto session = home().bind(full, *this);
    if (!session) return session.error();
    jid_ = full;
    session_id_ = (*session)->id();
    (*session)->address = stream_->peer().host();
    return std::nullopt;
}

/// RFC 6120 §4.8.5: a stanza may come with a prefix for jabber:client. It goes on without, like all others.
static xml::View without_prefix(xml::View element, xml::Document& plain) {
    if (element.prefix().empty() || element.ns() != ns::client) return element;
    auto rewritten = xml::parse_owned(xml::Element(element).to_string(ns::client), xml::limits_of_stored_xml, ns::client);
    if (!rewritten) throw StreamError{"bad-namespace-prefix"};
    plain = std::move(*rewritten);
    return plain.root();
}

Task<> Client::read_stanzas() {
    while (true) {
        const auto event = co_await next_element();
        if (event == xml::Event::footer) {
            closed_by_client_ = true;
            co_await messages_settled(0);
            co_await written_settled();
            throw StreamEnded();
        }
        xml::Document plain;
        const auto element = without_prefix(stream_->root(), plain);
        if (element.is(message_tag)) {
            handle_message(element);
            if (in_flight_ >= window || service_.host().recorder().journal().queued_bytes() > journal::queue_limit) {
                stream_->keep();
                co_await messages_settled(window / 2);
            }
        } else {
            co_await handle(element);
        }
        if (!session() || ending_) co_return;  // ended by the server, which says why through end()
    }
}

/// Waits for the client; asks for a sign of life when it is silent for long.
Task<xml::Event> Client::next_element() {
    const auto idle = std::chrono::milliseconds(std::chrono::seconds(service_.config().limits.idle_seconds));
    bool silent = false;
    try {
        co_return co_await stream_->next(idle);
    } catch (const net::Timeout&) {
        silent = true;
    }
    if (auto* here = session(); here && silent) {
        if (here->stream.enabled) stream_->write("<r xmlns='urn:xmpp:sm:3'/>");
        else stream_->write("<iq type='get' id='alive'" + attribute("to", jid_.text()) + attribute("from", service_.host().domain()) +
                           "><ping xmlns='urn:xmpp:ping'/></iq>");
    }
    co_return co_await stream_->next(answer_limit);
}

Task<> Client::handle(xml::View element) {
    if (element.ns() == ns::client) {
        if (element.is(iq_tag) || element.is(presence_tag)) {
            co_await handle_stanza(element);
            co_return;
        }
    }
    if (element.ns() == management && handle_management(element)) co_return;
    if (element.ns() == client_state) {
        if (auto* here = session()) here->set_inactive(element.name() == "inactive");
        co_return;
    }
    if (element.is(authenticate_tag)) throw StreamError{"policy-violation", "This stream is signed in."};  // XEP-0388 §3.9
    throw StreamError{"unsupported-stanza-type"};
}

void Client::handle_message(xml::View element) {
    if (element.has_attribute("from")) {
        const auto claimed = Jid::parse(element.attribute("from"));
        if (!claimed || claimed->bare_text() != jid_.bare_text() || (claimed->is_full() && *claimed != jid_))
            throw StreamError{"invalid-from"};
    }
    auto message = service_.host().take_message(element, jid_);
    if (!message) {
        refuse(element, message.error());
        if (auto* here = session()) here->count_handled();
        return;
    }
    ++in_flight_;
    std::function<void()> handled = [alive = alive_, id = session_id_, &home = home()] {
        if (auto* session = home.find(id)) session->count_handled();
        if (auto* client = *alive) {
            --client->in_flight_;
            client->settled_.set();
            client->answer_requests();
        }
    };
    home().tasks().spawn(service_.host().accept_from_client(session_id_, std::move(*message), std::move(handled)));
}

Task<> Client::messages_settled(std::size_t at_most) {
    while (in_flight_ > at_most) {
        settled_.reset();
        co_await settled_.wait();
    }
}

/// What was written before the goodbye is handed over once the kernel has it, and does not wait for the next sign-in.
Task<> Client::written_settled() {
    co_await stream_->drained(farewell_limit);
    if (auto* here = session()) home().settle_written(*here);
}

Task<> Client::handle_stanza(xml::View element) {
    if (element.has_attribute("from")) {  // RFC 6120 §8.1.2.1
        const auto claimed = Jid::parse(element.attribute("from"));
        if (!claimed || claimed->bare_text() != jid_.bare_text() || (claimed->is_full() && *claimed != jid_))
            throw StreamError{"invalid-from"};
    }
    auto stanza = take_stanza(element, jid_, service_.host().domain());
    if (element.is(iq_tag) && element.child(bind_tag))  // RFC 6120 §7.1: one resource for one stream
        stanza = chancery::refuse(Condition::not_allowed, "A resource is bound already.");
    if (!stanza) refuse(element, stanza.error());
    stream_->keep();
    co_await messages_settled(0);
    if (stanza) {
        const bool is_iq = stanza->kind == "iq";
        const auto kind = stanza->kind, id = stanza->id;
        const auto to = stanza->to.value_or(jid_.bare());
        const bool answered = stanza->type != "error" && stanza->type != "result";
        bool unrecorded = false;
        try {
            if (is_iq) co_await service_.host().handle_iq(session_id_, std::move(*stanza));
            else co_await service_.host().handle_presence(session_id_, std::move(*stanza));
        } catch (const NotRecorded& failure) {
            log::error("stanza.not_recorded", {{"kind", kind}, {"cause", failure.what()}});
            unrecorded = true;
        } catch (const storage::StorageError& failure) {
            log::error("stanza.failed", {{"kind", kind}, {"cause", failure.what()}});
            if (answered)
                service_.host().send_error(jid_, kind, to, id, {Condition::internal_server_error, "The server could not do that now. Try again later."});
        }
        if (unrecorded && answered)
            service_.host().send_error(jid_, kind, to, id, {Condition::resource_constraint, "Not sent: the archive is not available"});
    }
    if (auto* here = session()) here->count_handled();
}

void Client::refuse(xml::View stanza, const StanzaError& error) {
    const auto type = stanza.attribute("type");
    if (type == "error" || type == "result") return;
    std::string xml = "<" + std::string(stanza.name()) + " type='error'";
    if (stanza.has_attribute("id")) xml += attribute("id", stanza.attribute("id"));
    xml += attribute("to", jid_.text());
    if (stanza.has_attribute("to")) xml += attribute("from", stanza.attribute("to"));
    xml += ">" + error.to_xml() + "</" + std::string(stanza.name()) + ">";
    if (auto* here = session()) here->send(std::move(xml));  // a stanza that the client counts (XEP-0198 §4)
    else stream_->write(xml);
}

/// The stream is over: the session ends with it, or waits to be resumed.
void Client::leave() {
    auto* here = session();
    if (!here || here->link() != this) return;
    const bool waits = !closed_by_client_ && here->stream.enabled && !here->stream.resume_id.empty();
    if (!waits) return home().close(session_id_);
    here->detach();
    here->stream.request_open = false;
    home().tasks().spawn(expire_later(session_id_));
}

}  // namespace chancery::c2s
