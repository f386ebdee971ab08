#include "c2s/websocket_stream.h"

#include "xml/escape.h"
#include "xml/parse.h"
#include "xml/standalone.h"

namespace chancery::c2s {
namespace {

constexpr std::string_view framing = "urn:ietf:params:xml:ns:xmpp-framing";
constexpr xml::Tag open_tag{"open", framing}, close_tag{"close", framing};
constexpr std::uint16_t normal_closure = 1000;

}  // namespace

Task<xml::Event> WebSocketStream::next(std::chrono::milliseconds limit) {
    element_ = {};
    const auto time = left(limit);
    if (time < limit && time <= std::chrono::milliseconds::zero()) throw net::Timeout();
    auto text = co_await socket_.read(time);
    if (!text) throw StreamEnded();
    auto element = xml::parse_owned(std::move(*text), limits_);
    if (!element) throw StreamError{xml::condition_of(element.error())};
    element_ = std::move(*element);
    if (element_.root().is(close_tag)) co_return xml::Event::footer;
    if (!expects_header_) co_return xml::Event::element;
    if (!element_.root().is(open_tag)) throw StreamError{"bad-format", "A stream begins with <open/>."};  // RFC 7395 §3.4
    expects_header_ = false;
    co_return xml::Event::header;
}

void WebSocketStream::set_limits(const xml::Limits& limits) {
    limits_ = limits;
    socket_.limit_messages(limits.element_bytes);
}

void WebSocketStream::restart() {
    XmlStream::restart();
    expects_header_ = true;
}

void WebSocketStream::write(std::string_view xml) {
    std::string frame;
    frame.reserve(xml.size() + 64);
    xml::append_standalone(frame, xml);
    socket_.write(frame);
}

std::size_t WebSocketStream::unsent() const {
    const auto& connection = socket_.connection();
    return connection.has_dropped_output() ? 1 : connection.unsent();
}

Task<> WebSocketStream::drained(std::chrono::milliseconds limit) { co_await socket_.connection().drained(limit); }

void WebSocketStream::send_header(std::string_view domain, std::string_view to, std::string_view id) {
    std::string header = "<open xmlns='urn:ietf:params:xml:ns:xmpp-framing' version='1.0' xml:lang='en' id='";
    header.append(id).append("' from='");
    xml::append_escaped(header, domain, xml::Place::attribute);
    if (!to.empty()) {
        header += "' to='";
        xml::append_escaped(header, to, xml::Place::attribute);
    }
    socket_.write(header.append("'/>"));
}

Task<> WebSocketStream::close(const std::optional<StreamError>&) {
    if (is_open()) socket_.write("<close xmlns='urn:ietf:params:xml:ns:xmpp-framing'/>");
    co_await socket_.close(normal_closure);
}

void WebSocketStream::move_to(std::unique_ptr<XmlStream> self, net::Shard& target, Then then) {
    element_ = {};  // its memory belongs to this thread
    net::Connection::hand_over(socket_.release(), target, [this, self = std::move(self), then = std::move(then)](auto connection) mutable {
        socket_.put_back(std::move(connection));
        then(std::move(self));
    });
}

}  // namespace chancery::c2s
