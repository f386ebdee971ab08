#include "components/stream.h"

#include "base/bytes.h"
#include "base/crypto.h"
#include "xml/element.h"
#include "xml/escape.h"
#include "xml/parse.h"
#include "xml/restamp.h"
#include "xmpp/namespaces.h"

namespace chancery::components {
namespace {

constexpr auto linger = std::chrono::seconds(2);

std::string qualified(xml::View stanza) { return xml::Restamp(stanza, ns::client).qualify(ns::client).to_string(); }

}  // namespace

Task<xml::Event> Stream::next(std::chrono::milliseconds limit) {
    while (true) {
        const auto event = scanner_.next();
        if (event == xml::Event::fault) throw StreamError{xml::condition_of(scanner_.fault())};
        if (event == xml::Event::footer) throw StreamEnded();
        if (event != xml::Event::need_more) co_return event;
        const auto bytes = co_await connection_->read(limit);
        if (bytes.empty()) throw StreamEnded();
        scanner_.feed(bytes);
    }
}

std::string Stream::open(std::string_view domain) {
    auto id = to_hex(random_bytes(12));
    std::string header = "<?xml version='1.0'?><stream:stream xmlns='jabber:component:accept' "
                         "xmlns:stream='http://etherx.jabber.org/streams'";
    xml::append_attribute(header, "from", domain);
    xml::append_attribute(header, "id", id);
    connection_->write(header + ">");
    open_ = true;
    return id;
}

Task<> Stream::end(std::string domain, std::optional<StreamError> reason) {
    if (reason && !open_) open(domain);
    if (reason) connection_->write(reason->to_xml());
    if (open_) connection_->write("</stream:stream>");
    co_await connection_->close(linger);
}

std::optional<std::string> to_client(xml::View stanza) {
    if (stanza.prefix().empty() && !stanza.outer().contains(ns_component)) return qualified(stanza);
    const auto text = xml::Element(stanza).to_string();
    const auto again = xml::parse(text, xml::limits_of_stored_xml);
    if (!again) return std::nullopt;
    return qualified(again->root());
}

std::string greeting(std::string_view stream_id, std::string_view secret) {
    return to_hex(hash(Hash::sha1, std::string(stream_id) + std::string(secret)));
}

}  // namespace chancery::components
