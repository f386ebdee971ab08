// RFC 6455, the server's side, without a connection: bytes in, text messages out, and the bytes to answer with.
//
// Operation. wslay takes frames apart and puts them together; it also answers pings, puts fragments together, and ends
// with the right code what breaks a rule: 1002 for the protocol, 1007 for bytes that are not UTF-8, 1009 for a message
// that is too long. A binary message is ended with 1003.
// Concurrency: belongs to one thread at a time.
// Limits. A message: as set. Messages that are complete and not taken: those of one feed().
#pragma once
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

struct wslay_event_context;

namespace chancery::net {

class WebSocketCodec {
  public:
    explicit WebSocketCodec(std::size_t most_message_bytes);
    ~WebSocketCodec();
    WebSocketCodec(const WebSocketCodec&) = delete;
    WebSocketCodec& operator=(const WebSocketCodec&) = delete;

    void limit_messages(std::size_t bytes);

    void feed(std::string_view bytes);
    /// The oldest message that is complete.
    std::optional<std::string> next();
    /// The peer has closed, or broken a rule: nothing more is read, and it has been told.
    bool has_ended() const { return has_ended_; }

    void write(std::string_view text);
    void close(std::uint16_t code);
    /// What is to be sent.
    std::string take_output() { return std::exchange(output_, {}); }

  private:
    struct Callbacks;
    void flush();

    wslay_event_context* context_ = nullptr;
    std::string_view input_;  // while feed() runs
    std::string output_;
    std::deque<std::string> messages_;
    bool is_broken_ = false;
    bool has_ended_ = false;
};

}  // namespace chancery::net
