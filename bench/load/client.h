// One XMPP client: connects, upgrades to TLS, signs in, binds, then hands every stanza to its handler.
//
// Operation: open() starts; the handler hears ready() once, then stanza() for each one, and closed() once at
// the end, whatever the reason. After that the client can be opened again. send() never fails: what is said
// to a closed connection is dropped. Concurrency: one thread, the loop's. A client outlives the loop's turns:
// never delete it in a handler.
#pragma once
#include <memory>
#include <string>
#include <string_view>

#include "load/loop.h"
#include "load/scram.h"
#include "load/splitter.h"
#include "load/target.h"
#include "load/tls.h"

namespace chancery::load {

class Client;

struct Handler {
    virtual void ready(Client&) {}
    virtual void stanza(Client&, std::string_view) {}
    /// `why` is empty after an orderly close.
    virtual void closed(Client&, std::string_view) {}

  protected:
    ~Handler() = default;
};

/// What all clients of a run share.
struct World {
    explicit World(const Target& where);
    const Target& target;
    Address address;
    Loop loop;
    TlsContext tls;
    ScramCache scram;
    std::string resource = "load";
};

class Client {
  public:
    Client(World& world, Handler& handler, std::size_t number, std::string resource);
    ~Client();
    Client(const Client&) = delete;

    void open();
    void send(std::string_view stanza);
    /// Ends the stream politely (RFC 6120 §4.4); closed() follows when the server has answered.
    void close();
    /// Drops the connection as a broken network does.
    void break_off() { end("broken off"); }

    std::size_t number() const { return number_; }
    bool is_ready() const { return step_ == Step::ready; }
    bool is_closed() const { return step_ == Step::closed; }
    Clock::time_point opened_at() const { return opened_at_; }
    std::string_view mechanism() const { return mechanism_; }
    /// The full JID that the server bound.
    const std::string& jid() const { return jid_; }

    // For the loop.
    void on_readable();
    void on_writable();
    void flush();

  private:
    enum class Step {
        closed,
        connecting,
        starttls,
        handshake,
        mechanisms,
        challenge,
        outcome,
        bind,
        binding,
        session,
        ready,
        closing
    };
    void take(std::string_view wire);
    void split(std::string_view plain);
    bool on_piece(Splitter::Piece piece, std::string_view text);
    bool negotiate(std::string_view text);
    bool on_features(std::string_view features);
    bool authenticate(std::string_view features);
    bool on_challenge(std::string_view text);
    bool on_success(std::string_view text);
    bool on_bound(std::string_view text);
    void become_ready();
    void start_stream();
    void start_tls();
    bool fail(std::string_view why) { return end(why), false; }
    void end(std::string_view why);
    void write_out(std::string_view bytes);

    World& world_;
    Handler& handler_;
    const std::size_t number_;
    const std::string resource_;
    Step step_ = Step::closed;
    int socket_ = -1;
    std::unique_ptr<Tls> tls_;
    std::unique_ptr<Scram> scram_;
    Splitter splitter_;
    bool marked_ = false, needs_session_ = false;
    std::string say_;     // plain text to send at the end of the turn
    std::string unsent_;  // what the socket did not take
    std::string jid_;
    std::string_view mechanism_;
    Clock::time_point opened_at_;
};

}  // namespace chancery::load
