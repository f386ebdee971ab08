#include "net/websocket.h"

#include <wslay/wslay.h>

#include <algorithm>
#include <new>

#include "base/bytes.h"
#include "base/crypto.h"

namespace chancery::net {

constexpr auto linger = std::chrono::seconds(2);  // for the last bytes and the peer's goodbye

struct WebSocket::Callbacks {
    static ssize_t receive(wslay_event_context_ptr context, std::uint8_t* out, std::size_t size, int, void* self) {
        auto& input = static_cast<WebSocket*>(self)->input_;
        if (input.empty()) {
            wslay_event_set_error(context, WSLAY_ERR_WOULDBLOCK);
            return -1;
        }
        const auto copied = input.copy(reinterpret_cast<char*>(out), size);
        input.remove_prefix(copied);
        return static_cast<ssize_t>(copied);
    }

    static ssize_t send(wslay_event_context_ptr, const std::uint8_t* bytes, std::size_t size, int, void* self) {
        static_cast<WebSocket*>(self)->connection_->write({reinterpret_cast<const char*>(bytes), size});
        return static_cast<ssize_t>(size);
    }

    static void message(wslay_event_context_ptr context, const wslay_event_on_msg_recv_arg* message, void* self) {
        auto& socket = *static_cast<WebSocket*>(self);
        if (message->opcode == WSLAY_TEXT_FRAME) {
            socket.messages_.emplace_back(reinterpret_cast<const char*>(message->msg), message->msg_length);
        } else if (message->opcode == WSLAY_BINARY_FRAME) {
            wslay_event_queue_close(context, WSLAY_CODE_UNSUPPORTED_DATA, nullptr, 0);
            wslay_event_shutdown_read(context);
        }
    }

    static constexpr wslay_event_callbacks all{receive, send, nullptr, nullptr, nullptr, nullptr, message};
};

std::string WebSocket::accept_key(std::string_view key) {
    return to_base64(hash(Hash::sha1, std::string(key) + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"));
}

bool WebSocket::is_key(std::string_view key) {
    const auto bytes = from_base64(key);
    return bytes && bytes->size() == 16;
}

WebSocket::WebSocket(std::unique_ptr<Connection> connection, std::string received, std::size_t most_message_bytes)
    : connection_(std::move(connection)), received_(std::move(received)) {
    if (wslay_event_context_server_init(&context_, &Callbacks::all, this) != 0) throw std::bad_alloc();
    limit_messages(most_message_bytes);
}

WebSocket::~WebSocket() { wslay_event_context_free(context_); }

void WebSocket::limit_messages(std::size_t bytes) { wslay_event_config_set_max_recv_msg_length(context_, bytes); }

void WebSocket::take(std::string_view bytes) {
    input_ = bytes;
    const int result = wslay_event_recv(context_);
    input_ = {};
    flush();
    if (result != 0 || !wslay_event_get_read_enabled(context_)) has_ended_ = true;
}

void WebSocket::flush() {
    if (wslay_event_send(context_) != 0) has_ended_ = true;
}

Task<std::optional<std::string>> WebSocket::read(std::chrono::milliseconds limit) {
    if (!received_.empty()) take(std::exchange(received_, {}));
    while (messages_.empty()) {
        if (has_ended_) co_return std::nullopt;
        const auto bytes = co_await connection_->read(limit);
        if (bytes.empty()) co_return std::nullopt;
        take(bytes);
    }
    std::optional<std::string> message(std::move(messages_.front()));
    messages_.pop_front();
    if (messages_.empty()) messages_ = {};  // an empty deque that was used keeps its memory
    co_return message;
}

void WebSocket::write(std::string_view text) {
    const wslay_event_msg message{WSLAY_TEXT_FRAME, reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
    if (wslay_event_queue_msg(context_, &message) == 0) flush();
}

Task<> WebSocket::close(std::uint16_t code) {
    wslay_event_queue_close(context_, code, nullptr, 0);
    flush();
    co_await connection_->close(linger);
}

}  // namespace chancery::net
