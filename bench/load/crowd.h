// Many clients that sign in a few at a time: what every scenario starts with.
#pragma once
#include <functional>
#include <string>

#include "load/client.h"
#include "load/report.h"
#include "load/server_process.h"

namespace chancery::load {

/// A scenario cannot go on; the text is for a person.
struct Stuck : std::runtime_error {
    using std::runtime_error::runtime_error;
};

class Crowd : public Handler {
  public:
    /// Client i signs in as account i modulo `accounts`; when several share an account their resources
    /// differ.
    Crowd(World& world, std::size_t clients, std::size_t accounts = 0);

    std::size_t size() const { return clients_.size(); }
    Client& operator[](std::size_t i) { return *clients_[i]; }

    /// Signs all of them in, at most `at_once` under way. `greeting` is sent by each when it is ready.
    /// @throws Stuck  the first reason why one could not, or the time is up.
    void sign_in(std::size_t at_once, std::string_view greeting);
    /// Ends the streams politely; those that take longer than five seconds are broken off.
    void sign_out();

    /// What the scenario does with stanzas once all are in; `sender` of a reply is the client it came to.
    std::function<void(Client&, std::string_view)> on_stanza;
    /// Clients that were lost while they should have been in, and why the first was.
    std::size_t broken() const { return broken_; }
    const std::string& first_reason() const { return first_reason_; }
    /// Answers a ping or any other request of the server as a client must (RFC 6120 §8.2.3).
    static bool answer_request(Client& client, std::string_view stanza);

  protected:
    void ready(Client& client) override;
    void stanza(Client& client, std::string_view stanza) override;
    void closed(Client& client, std::string_view why) override;

  private:
    World& world_;
    std::vector<std::unique_ptr<Client>> clients_;
    std::string greeting_, first_reason_;
    std::size_t ready_ = 0, open_ = 0, broken_ = 0;
};

/// CPU of the server, and of the generator, from a moment on.
struct Meter {
    explicit Meter(const ServerProcess& server) : server_(server) { start(); }
    void start() {
        server_from_ = server_.cpu_micros();
        own_from_ = own_cpu_micros();
        from_ = Clock::now();
    }
    double server_micros() const { return server_.cpu_micros() - server_from_; }
    double own_micros() const { return own_cpu_micros() - own_from_; }
    double seconds() const { return std::chrono::duration<double>(Clock::now() - from_).count(); }

  private:
    const ServerProcess& server_;
    double server_from_ = 0, own_from_ = 0;
    Clock::time_point from_;
};

inline std::chrono::microseconds seconds(double count) {
    return std::chrono::microseconds(static_cast<std::int64_t>(count * 1e6));
}

}  // namespace chancery::load
