// Components (XEP-0114 1.6): programs beside the server that serve domains of their own, such as gateways.
//
// Operation. A component connects, says its domain and proves that it knows the secret that the settings have for it. What
// it sends goes the roads of every stanza: messages are judged and on record before anybody reads them.
// Concurrency. start() from the main thread; as an Outside it is called on every shard; each connection is on the shard
// that accepted it. One lock guards the table of who is connected.
// Limits. The domains of the settings, one connection each; connections that have not greeted as named in service.cc.
#pragma once
#include <atomic>
#include <map>
#include <memory>
#include <shared_mutex>
#include <string>
#include <vector>

#include "components/delegation.h"
#include "core/host.h"
#include "net/listener.h"
#include "net/tls.h"

namespace chancery::components {

class Component;

class Service final : public Outside {
  public:
    /// @throws ConfigError  a setting is wrong.
    Service(Host& host, net::CurrentTlsContext& tls, std::vector<net::Shard*> shards, AllRights rights);
    ~Service() override;

    /// Opens the listener, before the shards run. @throws net::SocketError
    void start();
    std::uint16_t port() const;
    /// On each shard's thread: no more connections, and every stream ends; then what is still there is destroyed.
    void stop_on(std::size_t shard);
    void destroy_on(std::size_t shard);

    // Outside.
    bool reaches(std::string_view domain) const override { return host_.config().components.contains(std::string(domain)); }
    void deliver(std::shared_ptr<Delivery> message) override;
    void send(const Jid& to, std::string xml) override;

    // For connections.
    Host& host() { return host_; }
    /// What a component may do beyond XEP-0114.
    const Rights& rights_of(const std::string& domain) const;
    /// Whether it serves its domain now. Any thread.
    bool has_joined(std::string_view domain) const;
    TaskGroup& tasks();
    /// The component serves its domain from now on; one that did before is ended.
    void add(Component& component);
    void remove(Component& component);

  private:
    /// Who serves a domain: which connection, and where.
    struct Place {
        std::size_t shard = 0;
        std::uint64_t id = 0;
    };
    struct PerShard;

    void accepted(std::unique_ptr<net::Connection> connection);
    Task<> serve(std::unique_ptr<net::Connection> connection);
    Component* find(Place place);
    /// Runs `work` with the component that serves the address, at its shard; or with none, here.
    template <class Work>
    void at(const Jid& to, Work work);
    static StanzaError not_there();
    bool is_plain() const;

    Host& host_;
    net::CurrentTlsContext& tls_;
    std::vector<net::Shard*> shards_;
    const AllRights rights_;
    std::vector<std::unique_ptr<PerShard>> per_shard_;
    std::atomic<int> greeting_ = 0;
    mutable std::shared_mutex guard_;
    std::map<std::string, Place, std::less<>> places_;  // by domain
};

}  // namespace chancery::components
