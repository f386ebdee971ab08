#include "net/websocket_codec.h"

#include <wslay/wslay.h>

#include <new>

namespace chancery::net {

struct WebSocketCodec::Callbacks {
    static ssize_t receive(wslay_event_context_ptr context, std::uint8_t* out, std::size_t size, int, void* self) {
        auto& input = static_cast<WebSocketCodec*>(self)->input_;
        if (input.empty()) {
            wslay_event_set_error(context, WSLAY_ERR_WOULDBLOCK);
            return -1;
        }
        const auto copied = input.copy(reinterpret_cast<char*>(out), size);
        input.remove_prefix(copied);
        return static_cast<ssize_t>(copied);
    }

    static ssize_t send(wslay_event_context_ptr, const std::uint8_t* bytes, std::size_t size, int, void* self) {
        static_cast<WebSocketCodec*>(self)->output_.append(reinterpret_cast<const char*>(bytes), size);
        return static_cast<ssize_t>(size);
    }

    static void message(wslay_event_context_ptr context, const wslay_event_on_msg_recv_arg* message, void* self) {
        if (message->opcode == WSLAY_TEXT_FRAME) {
            auto& messages = static_cast<WebSocketCodec*>(self)->messages_;
            messages.emplace_back(reinterpret_cast<const char*>(message->msg), message->msg_length);
        } else if (message->opcode == WSLAY_BINARY_FRAME) {
            wslay_event_queue_close(context, WSLAY_CODE_UNSUPPORTED_DATA, nullptr, 0);
            wslay_event_shutdown_read(context);
        } else if (message->opcode == WSLAY_CONNECTION_CLOSE && message->msg_length == 1) {
            static_cast<WebSocketCodec*>(self)->is_broken_ = true;  // RFC 6455 §5.5.1: a code has two bytes
        }
    }

    static constexpr wslay_event_callbacks all{receive, send, nullptr, nullptr, nullptr, nullptr, message};
};

WebSocketCodec::WebSocketCodec(std::size_t most_message_bytes) {
    if (wslay_event_context_server_init(&context_, &Callbacks::all, this) != 0) throw std::bad_alloc();
    limit_messages(most_message_bytes);
}

WebSocketCodec::~WebSocketCodec() { wslay_event_context_free(context_); }

void WebSocketCodec::limit_messages(std::size_t bytes) { wslay_event_config_set_max_recv_msg_length(context_, bytes); }

void WebSocketCodec::feed(std::string_view bytes) {
    input_ = bytes;
    if (wslay_event_recv(context_) != 0) is_broken_ = true;
    input_ = {};
    has_ended_ = is_broken_ || !wslay_event_get_read_enabled(context_);
    if (!is_broken_) return flush();
    // What is wrong with a frame's head wslay would end without a code.
    if (!wslay_event_get_close_sent(context_)) output_ += std::string_view("\x88\x02\x03\xEA");  // 1002
    wslay_event_shutdown_write(context_);
}

std::optional<std::string> WebSocketCodec::next() {
    if (messages_.empty()) return std::nullopt;
    std::optional<std::string> message(std::move(messages_.front()));
    messages_.pop_front();
    return message;
}

void WebSocketCodec::write(std::string_view text) {
    const wslay_event_msg message{WSLAY_TEXT_FRAME, reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
    if (wslay_event_queue_msg(context_, &message) == 0) flush();
}

void WebSocketCodec::close(std::uint16_t code) {
    wslay_event_queue_close(context_, code, nullptr, 0);
    flush();
}

void WebSocketCodec::flush() {
    if (wslay_event_send(context_) != 0) has_ended_ = true;
}

}  // namespace chancery::net
