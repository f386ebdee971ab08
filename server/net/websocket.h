// RFC 6455, the server's side, over a connection whose handshake is done: text messages in, text messages out.
//
// Operation. wslay takes frames apart and puts them together; it also answers pings, puts fragments together, and ends
// with the right code what breaks a rule: 1002 for the protocol, 1007 for bytes that are not UTF-8, 1009 for a message
// that is too long. A binary message is ended with 1003.
// Concurrency. Like its connection, with which it moves.
// Limits. A message: as set. Messages read ahead: those of one read of the connection.
#pragma once
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "net/connection.h"

struct wslay_event_context;

namespace chancery::net {

class WebSocket {
  public:
    /// The opening handshake (RFC 6455 §4.2.2 step 5.4): what the server says to the client's key.
    static std::string accept_key(std::string_view key);
    /// Whether the key is one: 16 bytes in base64.
    static bool is_key(std::string_view key);

    /// @param received  what has arrived behind the handshake
    WebSocket(std::unique_ptr<Connection> connection, std::string received, std::size_t most_message_bytes);
    ~WebSocket();
    WebSocket(const WebSocket&) = delete;
    WebSocket& operator=(const WebSocket&) = delete;

    Connection& connection() { return *connection_; }
    const Connection& connection() const { return *connection_; }
    /// To move it to another shard and put it back.
    std::unique_ptr<Connection> release() { return std::move(connection_); }
    void put_back(std::unique_ptr<Connection> connection) { connection_ = std::move(connection); }

    void limit_messages(std::size_t bytes);
    /// The next message; nothing when the peer has closed or has broken a rule, and has been told so.
    /// @throws Timeout, ConnectionLost, Cancelled
    Task<std::optional<std::string>> read(std::chrono::milliseconds limit);
    void write(std::string_view text);
    /// Says goodbye and closes the connection. Throws nothing.
    Task<> close(std::uint16_t code);

  private:
    struct Callbacks;
    void take(std::string_view bytes);
    void flush();

    std::unique_ptr<Connection> connection_;
    wslay_event_context* context_ = nullptr;
    std::string_view input_;            // while take() runs
    std::string received_;              // behind the handshake
    std::deque<std::string> messages_;
    bool has_ended_ = false;
};

}  // namespace chancery::net
