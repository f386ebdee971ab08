#include "c2s/tcp_stream.h"

#include "xml/escape.h"

namespace chancery::c2s {

constexpr auto linger = std::chrono::seconds(2);  // for the last bytes and the peer's goodbye

Task<xml::Event> TcpStream::next(std::chrono::milliseconds limit) {
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

void TcpStream::restart() {
    XmlStream::restart();
    scanner_.reset();
}

Task<> TcpStream::drained(std::chrono::milliseconds limit) { co_await connection_->drained(limit); }

void TcpStream::send_header(std::string_view domain, std::string_view to, std::string_view id) {
    std::string header = "<?xml version='1.0'?><stream:stream xmlns='jabber:client' "
                         "xmlns:stream='http://etherx.jabber.org/streams' version='1.0' xml:lang='en' id='";
    header.append(id).append("' from='");
    xml::append_escaped(header, domain, xml::Place::attribute);
    if (!to.empty()) {
        header += "' to='";
        xml::append_escaped(header, to, xml::Place::attribute);
    }
    connection_->write(header.append("'>"));
}

Task<> TcpStream::close(const std::optional<StreamError>&) {
    if (is_open()) connection_->write("</stream:stream>");
    co_await connection_->close(linger);
}

void TcpStream::move_to(std::unique_ptr<XmlStream> self, net::Shard& target, Then then) {
    scanner_.keep();
    net::Connection::hand_over(std::move(connection_), target,
                               [this, self = std::move(self), then = std::move(then)](auto connection) mutable {
                                   connection_ = std::move(connection);
                                   then(std::move(self));
                               });
}

}  // namespace chancery::c2s
