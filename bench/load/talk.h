// Pairs of clients that write to each other as fast as a window of outstanding messages allows, every message
// counted.
#pragma once
#include <vector>

#include "load/crowd.h"
#include "load/mark.h"
#include "load/words.h"

namespace chancery::load {

/// Client i talks with client i xor 1, in both directions. A message is complete when its recipient got it;
/// only then does its sender write another one.
class Talk {
  public:
    /// @param per_sender  how many messages each may write; 0: no limit.
    Talk(Crowd& crowd, const Target& target, std::size_t window, std::size_t body_bytes,
         std::size_t per_sender);

    void begin();
    void stop() { writing_ = false; }
    bool is_settled() const { return received_ + errors_ == sent_; }

    std::size_t sent() const { return sent_; }
    std::size_t received() const { return received_; }
    std::size_t doubled() const { return doubled_; }
    std::size_t out_of_order() const { return out_of_order_; }
    std::size_t errors() const { return errors_; }
    std::size_t lost() const { return sent_ - received_ - errors_; }
    Samples& latency() { return latency_; }
    std::uint32_t run() const { return run_; }

  private:
    struct Sender {
        std::string head;                     // of each of its messages, up to the id
        std::vector<Clock::time_point> sent;  // by sequence; `done` when it is complete
        std::uint32_t next_expected = 0;
    };
    static constexpr Clock::time_point done{};

    void write(std::size_t i);
    void take(Client& client, std::string_view stanza);
    bool complete(Mark mark);

    Crowd& crowd_;
    std::uint32_t run_;
    Words words_;
    std::size_t window_, body_bytes_, per_sender_;
    bool writing_ = true;
    std::vector<Sender> senders_;
    std::string stanza_;
    Samples latency_;
    std::size_t sent_ = 0, received_ = 0, doubled_ = 0, out_of_order_ = 0, errors_ = 0;
};

}  // namespace chancery::load
