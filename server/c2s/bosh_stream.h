// A stream over HTTP requests (XEP-0124 1.11.2, XEP-0206 1.4): the server's side of one BOSH session.
//
// Operation. Requests are taken in the order of their numbers (rid), whatever the order in which they arrive. One of them
// is held until there is something to say, `wait` seconds have passed, or the next one is there. A client that asks again
// with the same number gets the same answer. A session that breaks a rule, or says nothing for `inactivity` or the pause that
// it has asked for, ends like a lost connection.
// Concurrency. On one shard's thread, with all its requests: those that wait follow it when it moves.
// Limits. `requests` at a time; one answer each for so many numbers is kept; what is written and not fetched: as set;
// what is sent and not read by the server: `most_unread` bytes and one request.
#pragma once
#include <deque>
#include <map>

#include "c2s/bosh_request.h"
#include "c2s/xml_stream.h"
#include "net/list.h"
#include "net/wait.h"

namespace chancery::c2s {

class BoshStream;

/// Who finds a session by its sid.
class BoshRegistry {
  public:
    /// The stream is on this shard from now on.
    virtual void enter(BoshStream& stream) = 0;
    /// It is not any more: it moves, or it has ended.
    virtual void leave(BoshStream& stream, bool has_ended) = 0;

  protected:
    ~BoshRegistry() = default;
};

class BoshStream final : public XmlStream {
  public:
    static constexpr std::chrono::seconds longest_wait{60}, inactivity{60}, polling{5}, longest_pause{120};

    /// A request that waits for its answer. Shared by the stream, which answers, and the HTTP request, which waits.
    struct Held {
        explicit Held(std::uint64_t rid, net::Instant deadline) : rid(rid), deadline(deadline) {}
        const std::uint64_t rid;
        const net::Instant deadline;
        net::Event settled;               // there is an answer, or a successor
        std::string answer;
        bool signed_in = false;
        std::shared_ptr<Held> successor;  // the stream has moved: wait for this one,
        net::Shard* shard = nullptr;      // there
    };

    /// @param request  the one that asked for the session; take() is to be called with it
    BoshStream(BoshRegistry& registry, std::string sid, const BoshRequest& request, const net::Address& peer, const xml::Limits& limits);
    ~BoshStream() override;

    const std::string& sid() const { return sid_; }
    std::shared_ptr<Held> take(BoshRequest request);

    Task<xml::Event> next(std::chrono::milliseconds limit) override;
    xml::View root() const override { return element_.root(); }
    void keep() override {}
    bool inherits_namespace() const override { return false; }
    void set_limits(const xml::Limits& limits) override { limits_ = limits; }
    void write(std::string_view xml) override;
    std::size_t unsent() const override { return has_dropped_ ? 1 : outbox_.size() + unconfirmed_; }
    void set_unsent_limit(std::size_t bytes) override { unsent_limit_ = bytes; }
    Task<> drained(std::chrono::milliseconds limit) override;
    void cancel(std::string reason) override;
    const net::Address& peer() const override { return peer_; }
    net::Shard& shard() const override { return *shard_; }

  private:
    using HeldRequest = std::shared_ptr<Held>;
    struct Early {
        BoshRequest request;
        HeldRequest held;
    };
    struct Unread {
        std::string xml;
        bool is_header;
    };

    void send_header(std::string_view domain, std::string_view to, std::string_view id) override;
    Task<> close(const std::optional<StreamError>& reason) override;
    void move_to(std::unique_ptr<XmlStream> self, net::Shard& target, Then then) override;

    HeldRequest take_again(HeldRequest again);
    void process_in_order();
    void process(Early next);
    bool polls_too_often(const BoshRequest& request);
    bool has_right_key(const BoshRequest& request);
    void pause(std::chrono::seconds period);
    void put_header(const BoshRequest& request);
    void answer_oldest();
    void settle(const HeldRequest& held, std::string body);
    void flush();
    void flush_soon();
    void watch_time();
    void wait_is_over();
    void break_off(std::string_view condition);
    void lose(std::string reason);
    HeldRequest follow(const HeldRequest& held, net::Shard& target);
    Task<> news(std::chrono::milliseconds limit);

    BoshRegistry& registry_;
    net::Shard* shard_;
    const std::string sid_;
    const net::Address peer_;
    const std::chrono::seconds wait_;
    const std::size_t hold_, requests_;
    const bool acknowledges_;
    xml::Limits limits_;

    std::uint64_t last_rid_;                       // up to here all requests are processed
    std::map<std::uint64_t, Early> early_;         // beyond it
    std::deque<HeldRequest> held_;                 // processed, oldest first
    std::map<std::uint64_t, std::string> answers_;  // the last ones

    std::deque<Unread> inbox_;
    std::size_t unread_bytes_ = 0;
    xml::Document element_;

    std::string creation_;  // the attributes of the first response, until it is sent
    std::string outbox_;
    std::size_t unsent_limit_ = 8 * 1024 * 1024;
    std::size_t unconfirmed_ = 0;  // bytes of answers since the client was last heard

    net::Event news_;
    std::optional<std::string> cancelled_, lost_;
    bool has_begun_ = false;
    bool closed_by_client_ = false;
    bool is_closing_ = false;
    bool has_dropped_ = false;
    bool has_signed_in_ = false;
    bool was_empty_ = false;  // the last request, and the answer to it
    net::Instant last_request_;
    std::chrono::seconds patience_ = inactivity;  // with a client that asks for nothing
    std::string last_key_;                        // of the last request, in small letters; empty: the client uses none
    net::Hook<BoshStream, &BoshStream::flush> flush_{*this};
    net::Timer timer_;
};

}  // namespace chancery::c2s
