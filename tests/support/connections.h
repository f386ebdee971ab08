// Connections for tests: a server on a shard of its own whose connections are served by a coroutine, clients that know its
// certificate, and what a coroutine of the server ended with.
#pragma once
#include <doctest/doctest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <future>
#include <memory>
#include <random>
#include <string>

#include "net/connection.h"
#include "net/listener.h"
#include "support/certificate.h"
#include "support/shard_thread.h"

namespace chancery::test {

using namespace std::chrono_literals;
using Peer = std::unique_ptr<net::Connection>;
using Serve = Task<> (*)(Peer, std::shared_ptr<net::TlsContext>);

inline const Certificate& server_certificate() {
    static const Certificate made("chancery.test", "DNS:chancery.test");
    return made;
}

inline std::shared_ptr<net::TlsContext> server_context() {
    return net::TlsContext::server(
        {.certificate_chain = server_certificate().chain(), .private_key = server_certificate().key(), .compact = compact});
}
inline std::shared_ptr<net::TlsContext> client_context() {
    return net::TlsContext::client({.ca = server_certificate().chain()});
}

/// A listener on a shard whose connections are served by a coroutine each.
struct Server {
    explicit Server(Serve serve, std::shared_ptr<net::TlsContext> context = server_context()) {
        listener = home.call([&] {
            return std::make_unique<net::Listener>(
                home.shard, "127.0.0.1:0", false,
                [this, serve, context](Peer peer) { home.group.spawn(serve(std::move(peer), context)); });
        });
        address = "127.0.0.1:" + std::to_string(listener->port());
    }
    ~Server() {
        home.call([this] {
            listener.reset();
            home.group.clear();
        });
    }
    ShardThread home;
    std::unique_ptr<net::Listener> listener;
    std::string address;
};

inline Task<> echo(net::Connection& peer) {
    while (true) {
        const auto bytes = co_await peer.read(20s);
        if (bytes.empty()) break;
        peer.write(bytes);
    }
    co_await peer.close(2s);
}

inline Task<> serve_direct(Peer peer, std::shared_ptr<net::TlsContext> context) {
    co_await peer->start_tls(context, 10s);
    co_await echo(*peer);
}

/// A client's connection with TLS.
inline Task<Peer> connect_tls(std::string address, std::shared_ptr<net::TlsContext> context = client_context()) {
    auto peer = co_await net::connect(address, 20s);
    const std::string name = "chancery.test";
    co_await peer->start_tls_client(context, name, 50s);
    co_return peer;
}

inline Task<std::string> read_exactly(net::Connection& peer, std::size_t size) {
    std::string text;
    while (text.size() < size) {
        const auto bytes = co_await peer.read(20s);
        if (bytes.empty()) break;
        text += bytes;
    }
    co_return text;
}

inline std::string random_text(std::size_t size) {
    std::mt19937_64 random(size);
    std::string text(size, '\0');
    for (auto& c : text) c = static_cast<char>('a' + random() % 26);
    return text;
}

inline Task<> exchange(std::string address, std::string text, std::string& answer) {
    auto peer = co_await connect_tls(address);
    peer->write(text);
    answer = co_await read_exactly(*peer, text.size());
    co_await peer->close(2s);
}

/// How a coroutine of the server ended. One at a time.
struct Outcome {
    Outcome() { current = this; }
    std::string get() {
        if (future.wait_for(20s) != std::future_status::ready) return "nothing happened";
        return future.get();
    }
    /// Runs the task and tells the current outcome its end.
    static Task<> record(Task<> task) {
        std::string end = "ended";
        try {
            co_await task;
        } catch (const net::Timeout&) {
            end = "timeout";
        } catch (const net::ConnectionLost& lost) {
            end = std::string("lost: ") + lost.what();
        } catch (const net::Cancelled& cancelled) {
            end = std::string("cancelled: ") + cancelled.what();
        }
        current->promise.set_value(end);
    }

    std::promise<std::string> promise;
    std::future<std::string> future = promise.get_future();
    static inline Outcome* current = nullptr;
};

/// A blocking socket of the test's thread.
struct RawClient {
    explicit RawClient(const std::string& text) {
        const auto address = net::Address::parse(text);
        fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        REQUIRE(::connect(fd, address.get(), address.size()) == 0);
    }
    ~RawClient() { ::close(fd); }
    void send(std::string_view bytes) { CHECK(::send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL) > 0); }
    std::string receive() {
        char bytes[4096];
        const auto size = recv(fd, bytes, sizeof bytes, 0);
        return size > 0 ? std::string(bytes, size) : std::string();
    }
    int fd;
};

}  // namespace chancery::test
