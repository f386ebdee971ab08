// RFC 6455, the server's side, over a connection whose handshake is done: text messages in, text messages out.
//
// Concurrency. Like its connection, with which it moves. Limits. Those of the codec and of the connection.
#pragma once
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "net/connection.h"
#include "net/websocket_codec.h"

namespace chancery::net {

class WebSocket {
  public:
    /// The opening handshake (RFC 6455 §4.2.2 step 5.4): what the server says to the client's key.
    static std::string accept_key(std::string_view key);
    /// Whether the key is one: 16 bytes in base64.
    static bool is_key(std::string_view key);

    /// @param received  what has arrived behind the handshake
    WebSocket(std::unique_ptr<Connection> connection, std::string received, std::size_t most_message_bytes);

    Connection& connection() { return *connection_; }
    const Connection& connection() const { return *connection_; }
    /// To move it to another shard and put it back.
    std::unique_ptr<Connection> release() { return std::move(connection_); }
    void put_back(std::unique_ptr<Connection> connection) { connection_ = std::move(connection); }

    void limit_messages(std::size_t bytes) { codec_.limit_messages(bytes); }
    /// The next message; nothing when the peer has closed or has broken a rule, and has been told so.
    /// @throws Timeout, ConnectionLost, Cancelled
    Task<std::optional<std::string>> read(std::chrono::milliseconds limit);
    void write(std::string_view text);
    /// Says goodbye and closes the connection. Throws nothing.
    Task<> close(std::uint16_t code);

  private:
    void flush() { connection_->write(codec_.take_output()); }

    std::unique_ptr<Connection> connection_;
    std::string received_;
    WebSocketCodec codec_;
};

}  // namespace chancery::net
