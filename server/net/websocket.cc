#include "net/websocket.h"

#include "base/bytes.h"
#include "base/crypto.h"

namespace chancery::net {

constexpr auto linger = std::chrono::seconds(2);  // for the last bytes and the peer's goodbye

std::string WebSocket::accept_key(std::string_view key) {
    return to_base64(hash(Hash::sha1, std::string(key) + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"));
}

bool WebSocket::is_key(std::string_view key) {
    const auto bytes = from_base64(key);
    return bytes && bytes->size() == 16;
}

WebSocket::WebSocket(std::unique_ptr<Connection> connection, std::string received, std::size_t most_message_bytes)
    : connection_(std::move(connection)), received_(std::move(received)), codec_(most_message_bytes) {}

Task<std::optional<std::string>> WebSocket::read(std::chrono::milliseconds limit) {
    if (!received_.empty()) {
        codec_.feed(std::exchange(received_, {}));
        flush();
    }
    while (true) {
        auto message = codec_.next();
        if (message || codec_.has_ended()) co_return message;
        const auto bytes = co_await connection_->read(limit);
        if (bytes.empty()) co_return std::nullopt;
        codec_.feed(bytes);
        flush();
    }
}

void WebSocket::write(std::string_view text) {
    codec_.write(text);
    flush();
}

Task<> WebSocket::close(std::uint16_t code) {
    codec_.close(code);
    flush();
    co_await connection_->close(linger);
}

}  // namespace chancery::net
