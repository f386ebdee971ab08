#include "c2s/bosh.h"

#include "base/bytes.h"
#include "base/crypto.h"

namespace chancery::c2s {
namespace {

constexpr std::size_t wrapping = 4 * 1024;                         // what a <body/> may have around its stanzas
constexpr auto moving_pause = std::chrono::milliseconds(1);        // while a session is on its way to another shard
constexpr int moving_rounds = 2'000;

}  // namespace

Bosh::Bosh(Service& service, const Origins& origins)
    : service_(service), origins_(origins), per_shard_(service.parts().shards.size()) {}

void Bosh::add_routes(net::HttpRouter& router) {
    const auto most = static_cast<std::size_t>(service_.config().limits.stanza_kib) * 1024 + wrapping;
    router.add({.path = std::string(path), .methods = {"POST"}, .most_body_bytes = most, .handler = [this](auto& exchange) {
                    return serve(exchange);
                }});
    router.add({.path = std::string(path), .methods = {"OPTIONS"}, .most_body_bytes = 0, .handler = [this](auto& exchange) {
                    return allow(exchange);
                }});
}

// Where sessions are.

void Bosh::enter(BoshStream& stream) {
    per_shard_[stream.shard().index()][stream.sid()] = &stream;
    const std::lock_guard lock(guard_);
    places_[stream.sid()] = &stream.shard();
}

void Bosh::leave(BoshStream& stream, bool has_ended) {
    per_shard_[stream.shard().index()].erase(stream.sid());
    const std::lock_guard lock(guard_);
    if (has_ended) places_.erase(stream.sid());
}

net::Shard* Bosh::place_of(const std::string& sid) const {
    const std::lock_guard lock(guard_);
    const auto place = places_.find(sid);
    return place == places_.end() ? nullptr : place->second;
}

BoshStream* Bosh::here(const std::string& sid) {
    auto& own = per_shard_[net::Shard::current().index()];
    const auto place = own.find(sid);
    return place == own.end() ? nullptr : place->second;
}

// Requests.

/// CORS: a page of a site that is allowed may read what we answer. @throws net::HttpError for any other.
net::HttpFields Bosh::fields_for(const net::HttpRequest& request) const {
    const auto origin = request.fields.find("origin");
    if (!origins_.allow(origin, request.host)) throw net::HttpError(403, "Pages of that site may not connect.");
    net::HttpFields fields{{"Vary", "Origin"}};
    if (!origin.empty()) fields.add("Access-Control-Allow-Origin", std::string(origin));
    return fields;
}

Task<> Bosh::allow(net::HttpExchange& exchange) {
    auto fields = fields_for(exchange.request());
    fields.add("Access-Control-Allow-Methods", "POST, OPTIONS");
    fields.add("Access-Control-Allow-Headers", "Content-Type");
    fields.add("Access-Control-Max-Age", "86400");
    exchange.respond({.status = 204, .fields = std::move(fields), .body = {}});
    co_return;
}

Task<> Bosh::serve(net::HttpExchange& exchange) {
    auto fields = fields_for(exchange.request());
    fields.add("Content-Type", "text/xml; charset=utf-8");
    auto body = co_await exchange.body();
    auto request = parse_bosh_request(std::move(body));
    Answer answered{.body = terminate_body("bad-request")};
    if (request) {
        auto answering = answer(std::move(*request), exchange.peer());
        answered = co_await answering;
    }
    if (answered.signed_in) exchange.signed_in();
    exchange.respond({.status = 200, .fields = std::move(fields), .body = std::move(answered.body)});
}

Result<Bosh::Held, std::string> Bosh::create(BoshRequest request, const net::Address& peer) {
    if (request.to.empty()) return std::unexpected(terminate_body("improper-addressing"));
    const auto to = Jid::parse(request.to);
    if (!to || to->text() != service_.host().domain()) return std::unexpected(terminate_body("host-unknown"));
    auto pass = service_.parts().door.admit(peer);
    if (!pass) return std::unexpected(terminate_body("policy-violation"));
    auto stream = std::make_unique<BoshStream>(*this, to_hex(random_bytes(16)), request, peer, xml::limits_before_sign_in);
    auto held = stream->take(std::move(request));
    service_.take(std::move(stream), std::move(*pass));
    return held;
}

/// Finds the session and gives it the request; ends on its shard. Nothing when there is none.
Task<Bosh::Held> Bosh::ask(BoshRequest request) {
    for (int round = 0; round < moving_rounds; ++round) {
        auto* place = place_of(request.sid);
        if (!place) co_return nullptr;
        co_await net::hop(*place);
        if (auto* stream = here(request.sid)) co_return stream->take(std::move(request));
        co_await net::sleep(moving_pause);
    }
    co_return nullptr;
}

Task<Bosh::Answer> Bosh::answer(BoshRequest request, net::Address peer) {
    auto& origin = net::Shard::current();
    Held held;
    if (request.sid.empty()) {
        auto created = create(std::move(request), peer);
        if (!created) co_return Answer{.body = created.error()};
        held = *created;
    } else {
        auto asking = ask(std::move(request));
        held = co_await asking;
    }
    while (held) {
        co_await held->settled.wait();
        if (!held->successor) break;
        auto* shard = held->shard;
        held = held->successor;
        co_await net::hop(*shard);
    }
    const Answer answered = held ? Answer{.body = held->answer, .signed_in = held->signed_in} : Answer{.body = terminate_body("item-not-found")};
    co_await net::hop(origin);
    co_return answered;
}

}  // namespace chancery::c2s
