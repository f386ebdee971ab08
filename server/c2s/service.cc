#include "c2s/service.h"

#include <set>

#include "c2s/client.h"
#include "c2s/negotiation.h"

namespace chancery::c2s {
namespace {

class CountedIn {
  public:
    explicit CountedIn(std::atomic<int>& count) : count_(count) { ++count_; }
    ~CountedIn() { --count_; }

  private:
    std::atomic<int>& count_;
};

}  // namespace

struct Service::PerShard {
    std::unique_ptr<net::Listener> starttls, tls;
    std::set<Client*> clients;
    TaskGroup tasks;
};

Service::Service(Parts parts) : parts_(std::move(parts)) {
    for (std::size_t i = 0; i < parts_.shards.size(); ++i) per_shard_.push_back(std::make_unique<PerShard>());
}

Service::~Service() = default;

void Service::start() {
    auto with_port = [](const std::string& address, std::uint16_t port) {
        return address.substr(0, address.rfind(':') + 1) + std::to_string(port);
    };
    const auto& listen = config().listen;
    std::string starttls = listen.starttls, tls = listen.tls;
    for (std::size_t i = 0; i < per_shard_.size(); ++i) {
        auto& shard = *parts_.shards[i];
        auto& own = *per_shard_[i];
        if (!starttls.empty()) {
            const auto accept = [this](std::unique_ptr<net::Connection> c) { accepted(std::move(c), false); };
            own.starttls = std::make_unique<net::Listener>(shard, starttls, true, accept);
            starttls = with_port(starttls, own.starttls->port());  // port 0: the others share the one that was found
        }
        if (!tls.empty()) {
            const auto accept = [this](std::unique_ptr<net::Connection> c) { accepted(std::move(c), true); };
            own.tls = std::make_unique<net::Listener>(shard, tls, true, accept);
            tls = with_port(tls, own.tls->port());
        }
    }
}

std::uint16_t Service::starttls_port() const { return per_shard_[0]->starttls ? per_shard_[0]->starttls->port() : 0; }
std::uint16_t Service::tls_port() const { return per_shard_[0]->tls ? per_shard_[0]->tls->port() : 0; }

Service::PerShard& Service::current() { return *per_shard_[net::Shard::current().index()]; }
TaskGroup& Service::tasks() { return current().tasks; }
void Service::add(Client& client) { current().clients.insert(&client); }
void Service::remove(Client& client) { current().clients.erase(&client); }

void Service::accepted(std::unique_ptr<net::Connection> connection, bool direct_tls) {
    auto pass = parts_.door.admit(connection->peer());
    if (pass) {
        auto stream = std::make_unique<TcpStream>(std::move(connection), xml::limits_before_sign_in);
        auto* insecure = stream.get();
        return tasks().spawn(serve(std::move(stream), insecure, direct_tls, std::move(*pass)));
    }
    const bool is_heard = !direct_tls && refusals_ < most_refusals;  // nothing can be said in TLS without a handshake
    if (!is_heard) return;
    const auto [by_address, why] = pass.error();
    tasks().spawn(turn_away(std::move(connection), {by_address ? "policy-violation" : "resource-constraint", why}));
}

void Service::take(net::TakenOver taken) {
    take(std::make_unique<TcpStream>(std::move(taken.connection), xml::limits_before_sign_in), std::move(taken.pass));
}

void Service::take(std::unique_ptr<XmlStream> stream, net::Door::Pass pass) {
    tasks().spawn(serve(std::move(stream), nullptr, true, std::move(pass)));
}

Task<> Service::turn_away(std::unique_ptr<net::Connection> connection, StreamError why) {
    const CountedIn counted(refusals_);
    TcpStream stream(std::move(connection), xml::limits_before_sign_in);
    co_await stream.end(host().domain(), std::move(why));
}

namespace {

Task<> run_client(std::unique_ptr<Client> client, [[maybe_unused]] net::Door::Pass pass) { co_await client->run(); }

}  // namespace

Task<> Service::serve(std::unique_ptr<XmlStream> stream, TcpStream* insecure, bool direct_tls, net::Door::Pass pass) {
    stream->set_deadline(net::Shard::current().after(std::chrono::seconds(config().limits.login_seconds)));
    std::optional<SignedIn> signed_in;
    std::optional<StreamError> farewell;  // co_await is not allowed in a catch block
    try {
        if (insecure) co_await secure(*this, *insecure, direct_tls);
        signed_in = co_await authenticate(*this, *stream);
    } catch (const StreamError& error) {
        farewell = error;
    } catch (const StreamEnded&) {
    } catch (const net::Timeout&) {
        farewell = StreamError{"connection-timeout", "Signing in took too long."};
    } catch (const net::ConnectionLost& lost) {
        log::debug("c2s.lost", {{"cause", lost.what()}});
    } catch (const net::Cancelled&) {
    }
    if (!signed_in) co_return co_await stream->end(host().domain(), std::move(farewell));

    pass.signed_in();
    auto& home = host().home_of(signed_in->account.jid());
    XmlStream::hand_over(std::move(stream), home.shard(),
                         [this, signed_in = std::move(*signed_in), pass = std::move(pass)](std::unique_ptr<XmlStream> moved) mutable {
                             auto client = std::make_unique<Client>(*this, std::move(moved), std::move(signed_in));
                             tasks().spawn(run_client(std::move(client), std::move(pass)));
                         });
}

void Service::stop_on(std::size_t shard) {
    auto& own = *per_shard_[shard];
    if (own.starttls) own.starttls->close();
    if (own.tls) own.tls->close();
    for (auto* client : std::set(own.clients)) client->end({"system-shutdown"});
}

void Service::destroy_on(std::size_t shard) {
    auto& own = *per_shard_[shard];
    own.starttls.reset();
    own.tls.reset();
    own.tasks.clear();
}

bool Service::is_empty_on(std::size_t shard) const { return per_shard_[shard]->clients.empty(); }

}  // namespace chancery::c2s
