#include "c2s/xml_stream.h"

#include <algorithm>

#include "base/bytes.h"
#include "base/crypto.h"
#include "xml/escape.h"
#include "xmpp/namespaces.h"

namespace chancery::c2s {

constexpr auto linger = std::chrono::seconds(2);  // for the last bytes and the peer's goodbye

XmlStream::XmlStream(std::unique_ptr<net::Connection> connection, const xml::Limits& limits)
    : connection_(std::move(connection)), scanner_(limits) {}

XmlStream::XmlStream(std::unique_ptr<net::Connection> connection, const xml::Limits& limits, Rest rest)
    : connection_(std::move(connection)), scanner_(limits), open_(rest.is_open) {
    scanner_.go_on(std::move(rest.scanner));
}

std::chrono::milliseconds XmlStream::left(std::chrono::milliseconds limit) const {
    if (!deadline_) return limit;
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(*deadline_ - connection_->shard().now());
    return std::clamp(left, std::chrono::milliseconds::zero(), limit);
}

Task<xml::Event> XmlStream::next(std::chrono::milliseconds limit) {
    while (true) {
        const auto event = scanner_.next();
        if (event == xml::Event::fault) throw StreamError{xml::condition_of(scanner_.fault())};
        if (event != xml::Event::need_more) co_return event;
        if (deadline_ && left(limit) <= std::chrono::milliseconds::zero()) throw net::Timeout();
        const auto bytes = co_await connection_->read(left(limit));
        if (bytes.empty()) throw StreamEnded();
        scanner_.feed(bytes);
    }
}

void XmlStream::restart() {
    scanner_.reset();
    open_ = false;
}

void XmlStream::open(std::string_view domain, std::string_view to) {
    std::string header = "<?xml version='1.0'?><stream:stream xmlns='jabber:client' "
                         "xmlns:stream='http://etherx.jabber.org/streams' version='1.0' xml:lang='en' id='" +
                         to_hex(random_bytes(12)) + "' from='";
    xml::append_escaped(header, domain, xml::Place::attribute);
    if (!to.empty()) {
        header += "' to='";
        xml::append_escaped(header, to, xml::Place::attribute);
    }
    connection_->write(header.append("'>"));
    open_ = true;
}

Task<> XmlStream::end(std::string domain, std::optional<StreamError> reason) {
    if (reason && !open_) open(domain);  // RFC 6120 §4.9.1.2: an error needs a stream to stand in
    if (reason) connection_->write(reason->to_xml());
    if (open_) connection_->write("</stream:stream>");
    co_await connection_->close(linger);
}

}  // namespace chancery::c2s
