#include "c2s/xml_stream.h"

#include <algorithm>

#include "base/bytes.h"
#include "base/crypto.h"

namespace chancery::c2s {

std::chrono::milliseconds XmlStream::left(std::chrono::milliseconds limit) const {
    if (!deadline_) return limit;
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(*deadline_ - shard().now());
    return std::clamp(left, std::chrono::milliseconds::zero(), limit);
}

void XmlStream::restart() { open_ = false; }

void XmlStream::open(std::string_view domain, std::string_view to) {
    send_header(domain, to, to_hex(random_bytes(12)));
    open_ = true;
}

Task<> XmlStream::end(std::string domain, std::optional<StreamError> reason) {
    if (reason && !open_) open(domain);  // RFC 6120 §4.9.1.2: an error needs a stream to stand in
    if (reason) write(reason->to_xml());
    co_await close(reason);
}

sasl::ChannelBindings bindings_of(const net::Connection& connection) {
    auto bindings = connection.channel_bindings();
    return {.tls_exporter = std::move(bindings.exporter),
            .tls_server_end_point = std::move(bindings.server_end_point),
            .tls_unique = std::move(bindings.unique)};
}

void XmlStream::hand_over(std::unique_ptr<XmlStream> stream, net::Shard& target, Then then) {
    auto& moved = *stream;
    moved.move_to(std::move(stream), target, std::move(then));
}

}  // namespace chancery::c2s
