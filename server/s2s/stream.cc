#include "s2s/stream.h"

#include <algorithm>

#include "s2s/dialback.h"
#include "s2s/stanza_namespace.h"
#include "xml/escape.h"
#include "xmpp/namespaces.h"

namespace chancery::s2s {

constexpr auto linger = std::chrono::seconds(2);  // for the last bytes and the peer's goodbye

std::chrono::milliseconds Stream::left(std::chrono::milliseconds limit) const {
    if (!deadline_) return limit;
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(*deadline_ - shard().now());
    return std::clamp(left, std::chrono::milliseconds::zero(), limit);
}

Task<xml::Event> Stream::next(std::chrono::milliseconds limit) {
    while (true) {
        const auto event = scanner_.next();
        if (event == xml::Event::fault) throw StreamError{xml::condition_of(scanner_.fault())};
        if (event != xml::Event::need_more) co_return event;
        const auto time = left(limit);
        if (time < limit && time <= std::chrono::milliseconds::zero()) throw net::Timeout();
        const auto bytes = co_await connection_->read(time);
        if (bytes.empty()) throw StreamEnded();
        scanner_.feed(bytes);
    }
}

Task<xml::View> Stream::element(std::chrono::milliseconds limit) {
    if (co_await next(limit) == xml::Event::footer) throw StreamEnded();
    co_return root();
}

void Stream::restart() {
    open_ = false;
    scanner_.reset();
}

std::size_t Stream::restart_for_tls() {
    restart();
    const auto left_over = scanner_.buffered();
    scanner_.discard();
    return left_over;
}

void Stream::open(std::string_view from, std::string_view to, std::string_view id) {
    std::string header = "<?xml version='1.0'?><stream:stream xmlns='jabber:server' xmlns:db='jabber:server:dialback' "
                         "xmlns:stream='http://etherx.jabber.org/streams' version='1.0' xml:lang='en'";
    if (!id.empty()) xml::append_attribute(header, "id", id);
    xml::append_attribute(header, "from", from);
    if (!to.empty()) xml::append_attribute(header, "to", to);
    write(header + ">");
    open_ = true;
}

Task<> Stream::end(std::string from, std::optional<StreamError> reason) {
    if (reason && !open_) open(from, {}, "none");  // RFC 6120 §4.9.1.2: an error needs a stream to stand in
    if (reason) write(reason->to_xml());
    if (open_) write("</stream:stream>");
    co_await connection_->close(linger);
}

void Stream::hand_over(std::unique_ptr<Stream> stream, net::Shard& target, Then then) {
    auto& moved = *stream;
    moved.scanner_.keep();
    net::Connection::hand_over(std::move(moved.connection_), target,
                               [stream = std::move(stream), then = std::move(then)](auto connection) mutable {
                                   stream->connection_ = std::move(connection);
                                   then(std::move(stream));
                               });
}

}  // namespace chancery::s2s
