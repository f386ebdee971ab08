// What clients can do (XEP-0115): asked once for each version, checked, remembered.
//
// Operation. A client's presence announces a version. The first time that a home meets it, it asks the client what it
// means (XEP-0030) and checks the answer; what was checked holds for every client that announces the same. An answer that
// is not as announced, or cannot be checked, holds for that client alone.
// Concurrency. One for each home, on its thread.
// Limits. Versions and clients as named in caps.cc; of a client beyond them nothing is known. Each client is asked once at
// a time.
#pragma once
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/task.h"
#include "net/wait.h"
#include "xmpp/capabilities.h"
#include "xmpp/jid.h"

namespace chancery {

class Home;

class Capabilities {
  public:
    explicit Capabilities(std::vector<std::string> features);
    bool has(std::string_view feature) const;
    /// The nodes whose events the client wants (XEP-0060 §9.2), in order.
    const std::vector<std::string>& interests() const { return interests_; }
    bool wants(std::string_view node) const;

  private:
    std::vector<std::string> features_, interests_;
};

class Caps {
  public:
    using Known = std::shared_ptr<const Capabilities>;
    explicit Caps(Home& home) : home_(home) {}

    /// A client of the person, or one outside whose presence they get, is available with this presence.
    void see(const Jid& person, const Jid& client, std::string_view presence);
    /// It is unavailable; a bare address stands for all of them.
    void forget(const Jid& person, const Jid& client);
    /// What it can do; null when that is not known (yet).
    Known of(const Jid& person, const Jid& client) const;
    /// The clients of which something is known, the person's own and those outside.
    std::vector<std::pair<Jid, Known>> clients_of(const Jid& person) const;

  private:
    struct Client {
        AnnouncedCapabilities announced;
        Known known;
        bool learning = false;
    };
    using Clients = std::unordered_map<Jid, Client>;

    Client* find(const Jid& person, const Jid& client);
    Task<> learn(Jid person, Jid client);
    Task<Known> ask(Jid person, Jid client, AnnouncedCapabilities announced);
    void remember(const std::string& version, const Known& known);

    Home& home_;
    std::unordered_map<Jid, Clients> clients_;  // by person
    std::size_t client_count_ = 0;
    std::unordered_map<std::string, Known> versions_;
    std::unordered_map<std::string, std::shared_ptr<net::Event>> asked_;  // versions about which a client is being asked
};

}  // namespace chancery
