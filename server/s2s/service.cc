#include "s2s/service.h"

#include <random>

#include "base/log.h"
#include "net/certificate.h"
#include "s2s/answering.h"
#include "s2s/calling.h"
#include "s2s/exchange.h"
#include "s2s/stanza_namespace.h"
#include "xml/parse.h"
#include "xmpp/namespaces.h"

namespace chancery::s2s {
namespace {

using namespace std::chrono_literals;

constexpr int most_refusals = 64;
constexpr std::size_t most_outboxes = 10'000;
constexpr auto request_limit = 60s;     // for presence and requests to get out
constexpr auto sweep_interval = 1s;
constexpr auto steady_after = 10s;    // a stream that lasted so long was no failure
constexpr auto short_pause = 1s;
constexpr std::string_view no_partner = "This server does not exchange stanzas with that domain.";

net::Door::Limits door_limits(const FederationSettings& settings) {
    return {settings.streams, settings.streams, std::max<std::int64_t>(settings.streams / 4, 1), std::max<std::int64_t>(settings.streams / 16, 1)};
}

class CountedIn {
  public:
    explicit CountedIn(std::atomic<int>& count) : count_(count) { ++count_; }
    ~CountedIn() { --count_; }

  private:
    std::atomic<int>& count_;
};

Task<> happened(net::Event& event) { co_await event.wait(); }

}  // namespace

Service::Service(Parts parts)
    : parts_(std::move(parts)), partners_(parts_.settings), rules_(parts_.host.database()), keys_(parts_.key), door_("s2s", door_limits(parts_.settings)) {
    for (std::size_t i = 0; i < parts_.shards.size(); ++i) per_shard_.push_back(std::make_unique<PerShard>());
    add_partner_commands(parts_.host, *this);
}

Service::~Service() = default;

void Service::start() {
    auto with_port = [](const std::string& address, std::uint16_t port) {
        return address.substr(0, address.rfind(':') + 1) + std::to_string(port);
    };
    std::string starttls = settings().listen, tls = settings().listen_tls;
    for (std::size_t i = 0; i < per_shard_.size(); ++i) {
        auto& shard = *parts_.shards[i];
        auto& own = *per_shard_[i];
        if (!starttls.empty()) {
            const auto accept = [this](std::unique_ptr<net::Connection> c) { accepted(std::move(c), false); };
            own.starttls = std::make_unique<net::Listener>(shard, starttls, true, accept);
            starttls = with_port(starttls, own.starttls->port());
        }
        if (!tls.empty()) {
            const auto accept = [this](std::unique_ptr<net::Connection> c) { accepted(std::move(c), true); };
            own.tls = std::make_unique<net::Listener>(shard, tls, true, accept);
            tls = with_port(tls, own.tls->port());
        }
        shard.post([this, &own] {
            own.tasks.spawn(sweep());
            for (auto& [pair, box] : own.outboxes) serve(*box);
        });
    }
}

bool Service::reaches(std::string_view domain) const {
    if (rules_.blocks(domain) || partners_.blocks(domain)) return false;
    return partners_.allows(domain) || rules_.allows(domain);
}

void Service::end_with_strangers() {
    for (auto* shard : parts_.shards) shard->post([this] { end_with_strangers_here(); });
}

/// What a stream has not acknowledged waits again when it has ended: dial() returns it.
void Service::end_with_strangers_here() {
    for (auto* exchange : std::set(current().exchanges))
        if (!reaches(exchange->pair().theirs)) exchange->end({"policy-violation", std::string(no_partner)});
    for (auto& [pair, box] : current().outboxes)
        if (!reaches(pair.theirs)) box->unreachable({Condition::remote_server_not_found, std::string(no_partner)}, true);
}

void Service::add_routes(net::HttpRouter& router) {
    if (!settings().posh_document) return;
    router.add({.path = "/.well-known/posh/xmpp-server.json", .methods = {"GET"}, .most_body_bytes = 0, .handler = [this](auto& exchange) {
                    return show_document(exchange);
                }});
}

/// RFC 7711 §3.1, of the certificate that is in force now.
Task<> Service::show_document(net::HttpExchange& exchange) {
    exchange.respond({.status = 200,
                      .fields = {{"Content-Type", "application/json"}},
                      .body = PoshDocument::of(net::certificate_of(*tls().server()))});
    co_return;
}

std::uint16_t Service::port() const { return per_shard_[0]->starttls ? per_shard_[0]->starttls->port() : 0; }
std::uint16_t Service::tls_port() const { return per_shard_[0]->tls ? per_shard_[0]->tls->port() : 0; }

Service::PerShard& Service::current() { return *per_shard_[net::Shard::current().index()]; }
TaskGroup& Service::tasks() { return current().tasks; }
void Service::add(Exchange& exchange) { current().exchanges.insert(&exchange); }
void Service::remove(Exchange& exchange) { current().exchanges.erase(&exchange); }

net::Shard& Service::shard_of(std::string_view domain) const {
    return *parts_.shards[std::hash<std::string_view>()(domain) % parts_.shards.size()];
}

// What goes out.

Parcel Service::parcel_of(std::shared_ptr<Delivery> delivery) const {
    const auto& message = *delivery->message;
    // Without our stanza-id: that archive is not the recipient's.
    return {.xml = to_server(parts_.host.with_links(message.xml, message.from, delivery->time, message.to)),
            .delivery = delivery,
            .kind = "message",
            .id = message.id,
            .from = message.from,
            .to = message.to,
            .wants_error = message.type != MessageType::error,
            .is_patient = delivery->waits,
            .until = delivery->time + std::chrono::seconds(settings().wait_seconds)};
}

void Service::deliver(std::shared_ptr<Delivery> message) {
    const auto theirs = std::string(message->message->to.domain());
    shard_of(theirs).post([this, message = std::move(message)]() mutable { put(parcel_of(std::move(message))); });
}

void Service::send(const Jid& to, std::string xml) {
    shard_of(to.domain()).post([this, to, xml = std::move(xml)] {
        const auto parsed = xml::parse(xml, xml::limits_of_stored_xml, ns::client);
        const auto from = parsed ? Jid::parse(parsed->root().attribute("from")) : std::unexpected(JidError::malformed);
        if (!from) return log::error("s2s.unaddressed_stanza", {{"to", to.domain()}});
        const auto type = parsed->root().attribute("type");
        const std::string kind(parsed->root().name());
        if (type == "error") meter_of(std::string(to.domain())).failed();
        const bool asks = type == "subscribe" || type == "subscribed" || type == "unsubscribe" || type == "unsubscribed";
        const bool is_request = kind == "iq" && (type == "get" || type == "set");
        // A room must learn whom it does not reach (XEP-0045 §14.1).
        const bool is_services = host().service_at(*from) && type != "error" && type != "result";
        const auto wait = kind == "presence" && asks ? std::chrono::seconds(settings().wait_seconds) : std::chrono::seconds(request_limit);
        put({.xml = to_server(xml), .delivery = nullptr, .kind = kind, .id = std::string(parsed->root().attribute("id")), .from = *from, .to = to,
             .wants_error = is_request || is_services, .is_patient = kind == "presence" && asks, .until = host().now() + wait});
    });
}

void Service::put(Parcel parcel) {
    auto& own = current();
    const Pair pair{.ours = std::string(parcel.from.domain()), .theirs = std::string(parcel.to.domain())};
    auto* box = outbox(own, pair);
    if (!box) {
        if (parcel.delivery) host().settle(parcel.delivery);
        if (parcel.wants_error)
            host().send_error(parcel.from, parcel.kind, parcel.to, parcel.id, {Condition::resource_constraint, "Too many domains are written to at once."});
        return;
    }
    box->put(std::move(parcel));
    serve(*box);
}

Outbox* Service::outbox(PerShard& own, const Pair& pair) {
    const auto found = own.outboxes.find(pair);
    if (found != own.outboxes.end()) return found->second.get();
    if (own.outboxes.size() >= most_outboxes) return nullptr;
    return own.outboxes.emplace(pair, std::make_unique<Outbox>(host(), settings(), board_, pair)).first->second.get();
}

Outbox* Service::find_outbox(const Pair& pair) { return outbox(current(), pair); }

Meter& Service::meter_of(const std::string& domain) {
    return current().meters.try_emplace(domain, partners_.limits_of(domain)).first->second;
}

// Streams that we open.

void Service::serve(Outbox& outbox) {
    if (outbox.carrier() || outbox.dialling || !outbox.has_waiting() || current().stopping) return;
    outbox.dialling = true;
    current().tasks.spawn(dial(outbox.pair()));
}

void Service::is_there(const std::string& domain) {
    for (auto& [pair, box] : current().outboxes)
        if (pair.theirs == domain) box->try_again.set();
}

/// Works until nothing waits. The outbox is not taken away while `dialling` is set.
Task<> Service::dial(Pair pair) {
    auto& box = *find_outbox(pair);
    int failures = 0;
    while (box.has_waiting() && !box.carrier()) {
        if (!reaches(pair.theirs)) box.unreachable({Condition::remote_server_not_found, std::string(no_partner)}, true);
        if (!box.has_waiting()) break;
        std::optional<Call> made;
        std::optional<Unreachable> failed;
        try {
            made = co_await call(*this, pair);
        } catch (const Unreachable& unreachable) {
            failed = unreachable;
        }
        ++failures;
        if (failed) {
            board_.failed(pair.theirs, failed->what(), host().now());
            log::warning("s2s.unreachable", {{"domain", pair.theirs}, {"cause", failed->what()}});
            const auto condition = failed->is_final ? Condition::remote_server_not_found : Condition::remote_server_timeout;
            box.unreachable({condition, pair.theirs + " cannot be reached now."}, failed->is_final);
        } else if (box.carrier()) {  // the peer was quicker, and its stream goes both ways
            co_await made->stream->end(pair.ours, std::nullopt);
            break;
        } else {
            const auto begin = net::Shard::current().now();
            log::info("s2s.calling", {{"domain", pair.theirs}, {"for", pair.ours}, {"address", made->stream->connection().peer_address()}});
            Exchange exchange(*this, std::move(made->stream), std::move(made->agreement));
            const bool in_order = co_await exchange.run();
            if (in_order || net::Shard::current().now() > begin + steady_after) failures = 1;
        }
        if (!box.has_waiting() || current().stopping) break;
        co_await pause(box, failures);
    }
    box.dialling = false;
}

/// Twice as long after each failure, up to the limit, and never just as long as everybody else.
Task<> Service::pause(Outbox& outbox, int failures) {
    const auto doubled = short_pause * (1LL << std::min(failures - 1, 20));
    const auto longest = std::min<std::chrono::milliseconds>(doubled, std::chrono::seconds(settings().retry_seconds));
    thread_local std::minstd_rand chance{std::random_device()()};
    const auto jittered = longest * std::uniform_int_distribution<int>(750, 1250)(chance) / 1000;
    outbox.try_again.reset();
    try {
        auto woken = happened(outbox.try_again);
        co_await net::within(jittered, std::move(woken));
    } catch (const net::Timeout&) {
    }
}

/// Every second: what has waited too long goes back, and what is no longer needed is taken away.
Task<> Service::sweep() {
    while (true) {
        co_await net::sleep(sweep_interval);
        auto& own = current();
        for (auto& [pair, box] : own.outboxes) box->expire(host().now());
        std::erase_if(own.outboxes, [](const auto& each) {
            return each.second->is_empty() && !each.second->carrier() && !each.second->dialling;
        });
        const auto now = net::Shard::current().now();
        for (const auto& [domain, meter] : own.meters)
            board_.change(domain, [&](DomainStatus& status) { status.suspicious = meter.is_suspicious(); });
        std::erase_if(own.meters, [&](const auto& each) { return each.second.is_stale(now); });
    }
}

// Streams that others open.

void Service::accepted(std::unique_ptr<net::Connection> connection, bool direct_tls) {
    auto pass = door_.admit(connection->peer());
    if (pass) return tasks().spawn(answer(std::move(connection), direct_tls, std::move(*pass)));
    const bool is_heard = !direct_tls && refusals_ < most_refusals;  // nothing can be said in TLS without a handshake
    if (is_heard) tasks().spawn(turn_away(std::move(connection), {pass.error().by_address ? "policy-violation" : "resource-constraint", pass.error().why}));
}

Task<> Service::turn_away(std::unique_ptr<net::Connection> connection, StreamError why) {
    const CountedIn counted(refusals_);
    Stream stream(std::move(connection), xml::limits_before_sign_in);
    co_await stream.end(host().domain(), std::move(why));
}

Task<> Service::answer(std::unique_ptr<net::Connection> connection, bool direct_tls, net::Door::Pass pass) {
    const auto peer = connection->peer_address();
    auto stream = std::make_unique<Stream>(std::move(connection), xml::limits_before_sign_in);
    stream->set_deadline(net::Shard::current().after(std::chrono::seconds(host().config().limits.login_seconds)));
    std::optional<Agreement> agreement;
    std::optional<StreamError> farewell;  // co_await is not allowed in a catch block
    try {
        agreement = co_await admit(*this, *stream, direct_tls);
    } catch (const StreamError& error) {
        farewell = error;
    } catch (const StreamEnded&) {
    } catch (const net::Timeout&) {
        farewell = StreamError{"connection-timeout", "Negotiation took too long."};
    } catch (const net::ConnectionLost& lost) {
        log::debug("s2s.lost", {{"peer", peer}, {"cause", lost.what()}});
    } catch (const net::Cancelled&) {
    }
    if (farewell) log::info("s2s.not_admitted", {{"peer", peer}, {"because", farewell->condition}, {"text", farewell->text}});
    if (!agreement) co_return co_await stream->end(host().domain(), std::move(farewell));

    pass.signed_in();
    stream->set_deadline(std::nullopt);
    auto& there = shard_of(agreement->pair.theirs);
    Stream::hand_over(std::move(stream), there,
                      [this, agreement = std::move(*agreement), pass = std::move(pass)](std::unique_ptr<Stream> moved) mutable {
                          tasks().spawn(run_incoming(std::move(moved), std::move(agreement), std::move(pass)));
                      });
}

Task<> Service::run_incoming(std::unique_ptr<Stream> stream, Agreement agreement, [[maybe_unused]] net::Door::Pass pass) {
    const auto pair = agreement.pair;
    log::info("s2s.called", {{"domain", pair.theirs}, {"for", pair.ours}, {"address", stream->connection().peer_address()}});
    {
        Exchange exchange(*this, std::move(stream), std::move(agreement));
        is_there(pair.theirs);
        co_await exchange.run();
    }
    if (auto* box = find_outbox(pair)) serve(*box);  // what it carried and did not hand over
}

void Service::stop_on(std::size_t shard) {
    auto& own = *per_shard_[shard];
    own.stopping = true;
    if (own.starttls) own.starttls->close();
    if (own.tls) own.tls->close();
    for (auto* exchange : std::set(own.exchanges)) exchange->end({"system-shutdown"});
}

void Service::destroy_on(std::size_t shard) {
    auto& own = *per_shard_[shard];
    own.stopping = true;
    own.starttls.reset();
    own.tls.reset();
    own.tasks.clear();
}

bool Service::is_empty_on(std::size_t shard) const { return per_shard_[shard]->exchanges.empty(); }

}  // namespace chancery::s2s
