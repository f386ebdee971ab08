#include "components/service.h"

#include <mutex>
#include <set>

#include "base/crypto.h"
#include "components/component.h"
#include "components/watching.h"
#include "core/undeliverable.h"
#include "xml/parse.h"

namespace chancery::components {
namespace {

constexpr int most_greeting = 32;                           // connections that have not said who they are
constexpr auto greeting_limit = std::chrono::seconds(10);
constexpr std::size_t most_bytes_before_greeting = 10'240;

struct CountedIn {
    explicit CountedIn(std::atomic<int>& count) : count(&count) { ++count; }
    CountedIn(const CountedIn&) = delete;
    ~CountedIn() { end(); }
    void end() {
        if (auto* counted = std::exchange(count, nullptr)) --*counted;
    }
    std::atomic<int>* count;
};

bool is_loopback(const std::string& address) {
    const auto host = net::Address::parse(address).host();
    return host.starts_with("127.") || host == "::1";
}

}  // namespace

struct Service::PerShard {
    std::unique_ptr<net::Listener> listener;
    std::map<std::uint64_t, Component*> components;  // by id
    std::uint64_t last_id = 0;
    TaskGroup tasks;
};

Service::Service(Host& host, net::CurrentTlsContext& tls, std::vector<net::Shard*> shards, AllRights rights)
    : host_(host), tls_(tls), shards_(std::move(shards)), rights_(std::move(rights)) {
    for (const auto& [domain, secret] : host.config().components) {
        const auto jid = Jid::parse(domain);
        if (!jid || !jid->is_domain() || jid->text() != domain || host.is_ours(domain))
            throw ConfigError("setting components." + domain + ": a domain that is not the server's own is expected, in small letters");
        if (secret.size() < 8) throw ConfigError("setting components." + domain + ": a secret of 8 characters or more is expected");
    }
    for (const auto& [domain, secret] : host.config().components) host.list_service(*Jid::parse(domain), domain);
    for (std::size_t i = 0; i < shards_.size(); ++i) per_shard_.push_back(std::make_unique<PerShard>());
    Watching::install(host, *this, rights_);
}

Service::~Service() = default;

const Rights& Service::rights_of(const std::string& domain) const {
    static const Rights none;
    const auto found = rights_.find(domain);
    return found == rights_.end() ? none : found->second;
}

bool Service::has_joined(std::string_view domain) const {
    const std::shared_lock lock(guard_);
    return places_.contains(domain);
}

bool Service::is_plain() const { return is_loopback(host_.config().listen.component); }

void Service::start() {
    const auto& address = host_.config().listen.component;
    if (address.empty()) return;
    const auto accept = [this](std::unique_ptr<net::Connection> connection) { accepted(std::move(connection)); };
    per_shard_[0]->listener = std::make_unique<net::Listener>(*shards_[0], address, false, accept);
    log::info("components.ready", {{"port", port()}, {"encrypted", !is_plain()}});
}

std::uint16_t Service::port() const { return per_shard_[0]->listener ? per_shard_[0]->listener->port() : 0; }

TaskGroup& Service::tasks() { return per_shard_[net::Shard::current().index()]->tasks; }

void Service::accepted(std::unique_ptr<net::Connection> connection) {
    if (greeting_ >= most_greeting) return log::warning("component.not_admitted", {{"peer", connection->peer_address()}});
    tasks().spawn(serve(std::move(connection)));
}

namespace {

/// XEP-0114 §3: the header, the id of ours, and the greeting. The domain that has proved itself.
/// @throws what Stream::next throws
Task<std::string> greet(Stream& stream, const std::map<std::string, std::string>& secrets) {
    const auto event = co_await stream.next(greeting_limit);
    const auto header = stream.root();
    if (event != xml::Event::header || header.ns() != ns::stream) throw StreamError{"invalid-namespace"};
    const auto jid = Jid::parse(header.attribute("to"));
    const auto domain = jid ? jid->text() : std::string();
    const auto id = stream.open(domain);
    (void)co_await stream.next(greeting_limit);
    const auto said = stream.root();
    if (!said.is({"handshake", ns_component})) throw StreamError{"not-authorized", "A handshake is expected."};
    // A domain that is not known takes as long as a wrong secret, and is told no more.
    const auto secret = secrets.find(domain);
    const auto expected = greeting(id, secret == secrets.end() ? random_bytes(16) : secret->second);
    if (!constant_time_equal(expected, said.text()) || secret == secrets.end())
        throw StreamError{"not-authorized", "The secret is wrong, or there is no such component."};
    co_return domain;
}

}  // namespace

Task<> Service::serve(std::unique_ptr<net::Connection> connection) {
    CountedIn counted(greeting_);
    const auto peer = connection->peer_address();
    Stream stream(std::move(connection), most_bytes_before_greeting);
    std::optional<std::string> domain;
    std::optional<StreamError> farewell;  // co_await is not allowed in a catch block
    try {
        if (!is_plain()) co_await stream.connection().start_tls(tls_.get(), greeting_limit);
        domain = co_await greet(stream, host_.config().components);
    } catch (const StreamError& error) {
        farewell = error;
        log::warning("component.refused", {{"peer", peer}, {"condition", std::string(error.condition)}});
    } catch (const StreamEnded&) {
    } catch (const net::Timeout&) {
        farewell = StreamError{"connection-timeout"};
    } catch (const net::ConnectionLost&) {
    } catch (const net::Cancelled&) {
    }
    counted.end();
    if (!domain) co_return co_await stream.end(host_.domain(), std::move(farewell));
    log::info("component.joined", {{"domain", *domain}, {"peer", peer}});
    stream.connection().set_unsent_limit(static_cast<std::size_t>(host_.config().limits.unsent_kib) * 1024);
    stream.set_most_bytes(static_cast<std::size_t>(host_.config().limits.stanza_kib) * 1024);
    stream.write("<handshake/>");
    Component component(*this, stream, *domain, ++per_shard_[net::Shard::current().index()]->last_id);
    component.tell_rights();
    host_.kept<Watching>().tell_present(*domain);
    co_await component.run();
}

void Service::add(Component& component) {
    const auto shard = static_cast<std::size_t>(net::Shard::current().index());
    per_shard_[shard]->components.emplace(component.id(), &component);
    const std::unique_lock lock(guard_);
    auto& place = places_[component.domain()];
    if (place.id)
        shards_[place.shard]->post([this, older = place] {
            if (auto* replaced = find(older)) replaced->end({"conflict", "Another connection serves this domain now."});
        });
    place = {.shard = shard, .id = component.id()};
}

void Service::remove(Component& component) {
    const auto shard = static_cast<std::size_t>(net::Shard::current().index());
    per_shard_[shard]->components.erase(component.id());
    const std::unique_lock lock(guard_);
    const auto place = places_.find(component.domain());
    if (place != places_.end() && place->second.shard == shard && place->second.id == component.id()) places_.erase(place);
}

Component* Service::find(Place place) {
    const auto found = per_shard_[place.shard]->components.find(place.id);
    return found == per_shard_[place.shard]->components.end() ? nullptr : found->second;
}

template <class Work>
void Service::at(const Jid& to, Work work) {
    std::optional<Place> place;
    {
        const std::shared_lock lock(guard_);
        if (const auto found = places_.find(to.domain()); found != places_.end()) place = found->second;
    }
    if (!place) return work(nullptr);
    shards_[place->shard]->post([this, place = *place, work = std::move(work)]() mutable { work(find(place)); });
}

void Service::deliver(std::shared_ptr<Delivery> delivery) {
    const auto to = delivery->message->to;
    at(to, [this, delivery = std::move(delivery)](Component* component) {
        if (component) return component->deliver(delivery);
        host_.settle(delivery);
        const auto& message = *delivery->message;
        if (message.type != MessageType::error) host_.send_error(message.from, "message", message.to, message.id, not_there());
    });
}

void Service::send(const Jid& to, std::string xml) {
    at(to, [this, xml = std::move(xml)](Component* component) {
        if (component) return component->write(xml);
        return_undeliverable(host_, xml, not_there());
    });
}

StanzaError Service::not_there() { return {Condition::service_unavailable, "That service is not connected now. Try again later.", "wait"}; }

void Service::stop_on(std::size_t shard) {
    auto& own = *per_shard_[shard];
    if (own.listener) own.listener->close();
    for (const auto& [id, component] : std::map(own.components)) component->end({"system-shutdown"});
}

void Service::destroy_on(std::size_t shard) {
    auto& own = *per_shard_[shard];
    own.listener.reset();
    own.tasks.clear();
}

}  // namespace chancery::components
