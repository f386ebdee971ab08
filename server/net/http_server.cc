#include "net/http_server.h"

#include "base/log.h"
#include "net/wait.h"

namespace chancery::net {
namespace {

constexpr auto linger = std::chrono::seconds(2);

HttpResponse response_of(const HttpError& error) {
    auto fields = error.fields;
    fields.add("Content-Type", "text/plain; charset=utf-8");
    return {.status = error.status, .fields = std::move(fields), .body = std::string(error.what()) + "\n"};
}

}  // namespace

struct HttpServer::PerShard {
    std::unique_ptr<Listener> listener;
    std::set<Connection*> waiting;  // for a request
    bool stopping = false;
    TaskGroup tasks;
};

/// A connection that stop_on() may end.
struct HttpServer::Waiting {
    Waiting(PerShard& shard, Connection& connection) : shard(shard), connection(connection) { shard.waiting.insert(&connection); }
    ~Waiting() { shard.waiting.erase(&connection); }
    Waiting(const Waiting&) = delete;
    PerShard& shard;
    Connection& connection;
};

HttpServer::HttpServer(Parts parts) : parts_(std::move(parts)) {
    for (std::size_t i = 0; i < parts_.shards.size(); ++i) per_shard_.push_back(std::make_unique<PerShard>());
}

HttpServer::~HttpServer() = default;

void HttpServer::start() {
    auto address = parts_.address;
    if (address.empty()) return;
    for (std::size_t i = 0; i < per_shard_.size(); ++i) {
        auto& listener = per_shard_[i]->listener;
        const auto accept = [this](std::unique_ptr<Connection> connection) { accepted(std::move(connection)); };
        listener = std::make_unique<Listener>(*parts_.shards[i], address, true, accept);
        // Port 0: the others share the one that was found.
        address = address.substr(0, address.rfind(':') + 1) + std::to_string(listener->port());
    }
}

void HttpServer::stop_on(std::size_t shard) {
    auto& own = *per_shard_[shard];
    own.stopping = true;
    if (own.listener) own.listener->close();
    for (auto* connection : std::set(own.waiting)) connection->cancel("the server stops");
}

void HttpServer::destroy_on(std::size_t shard) {
    per_shard_[shard]->listener.reset();
    per_shard_[shard]->tasks.clear();
}

std::uint16_t HttpServer::port() const { return per_shard_[0]->listener ? per_shard_[0]->listener->port() : 0; }

HttpServer::PerShard& HttpServer::current() { return *per_shard_[Shard::current().index()]; }

void HttpServer::accepted(std::unique_ptr<Connection> connection) {
    auto pass = parts_.door.admit(connection->peer());
    if (pass) current().tasks.spawn(serve(std::move(connection), std::move(*pass)));
}

Task<> HttpServer::serve(std::unique_ptr<Connection> connection, Door::Pass pass) {
    try {
        co_await connection->start_tls(parts_.tls.get(), parts_.limits.handshake);
        if (!parts_.other_protocol.empty() && connection->tls().alpn == parts_.other_protocol) {
            parts_.take({.connection = std::move(connection), .pass = std::move(pass), .received = {}});
            co_return;
        }
        co_await answer_requests(connection, pass);
    } catch (const Timeout&) {
    } catch (const ConnectionLost& lost) {
        log::debug("http.lost", {{"cause", lost.what()}});
    } catch (const Cancelled&) {
    }
    if (connection) co_await connection->close(linger);
}

Task<> HttpServer::answer_requests(std::unique_ptr<Connection>& connection, Door::Pass& pass) {
    HttpReader reader;
    while (!current().stopping) {
        if (!co_await wait_for_head(*connection, reader)) co_return;
        if (!co_await answer(connection, reader, pass)) co_return;
        co_await connection->drained(parts_.limits.response);
    }
}

/// False when the client has nothing more to ask, or has been told what is wrong with what it asked.
Task<bool> HttpServer::wait_for_head(Connection& connection, HttpReader& reader) {
    const Waiting waiting(current(), connection);
    auto deadline = connection.shard().after(parts_.limits.idle);
    bool begun = false;
    while (true) {
        const auto event = reader.next();
        if (event == HttpReader::Event::head) co_return true;
        if (event == HttpReader::Event::fault) {
            const auto refusal = response_of(reader.fault());
            connection.write(http_head(refusal.status, refusal.fields, refusal.body.size(), false) + refusal.body);
            co_return false;
        }
        if (!begun && !reader.is_between()) {
            begun = true;
            deadline = connection.shard().after(parts_.limits.head);
        }
        const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - connection.shard().now());
        if (left <= std::chrono::milliseconds::zero()) throw Timeout();
        const auto bytes = co_await connection.read(left);
        if (bytes.empty()) co_return false;
        reader.feed(bytes);
    }
}

/// Whether another request may follow.
Task<bool> HttpServer::answer(std::unique_ptr<Connection>& connection, HttpReader& reader, Door::Pass& pass) {
    HttpExchange exchange(connection, reader, pass, parts_.limits);
    std::optional<HttpError> refusal;
    try {
        const auto& route = parts_.router.find(exchange.request());
        exchange.limit_body(route.most_body_bytes);
        auto handling = route.handler(exchange);
        co_await handling;
    } catch (const HttpError& error) {
        refusal = error;
    } catch (const Timeout&) {
        throw;
    } catch (const ConnectionLost&) {
        throw;
    } catch (const Cancelled&) {
        throw;
    } catch (const std::exception& failure) {
        log::error("http.failed", {{"path", exchange.request().path}, {"cause", failure.what()}});
    }
    if (!connection) co_return false;  // taken over
    if (current().stopping || (refusal && refusal->status == 408)) exchange.close_after();
    if (!exchange.is_answered()) exchange.respond(response_of(refusal.value_or(HttpError(500, "The server could not do that now."))));
    else if (refusal) exchange.close_after();
    co_return exchange.is_reusable();
}

}  // namespace chancery::net
