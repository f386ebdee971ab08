#include "net/http_server.h"

#include <doctest/doctest.h>

#include "support/certificate.h"
#include "support/shard_thread.h"
#include "net/wait.h"

using namespace chancery;
using namespace chancery::net;

namespace {

const test::Certificate& certificate() {
    static const test::Certificate made("chancery.test", "DNS:chancery.test");
    return made;
}

Task<> echo(HttpExchange& exchange) {
    HttpResponse response;
    response.body = co_await exchange.body();
    exchange.respond(response);
}

Task<> stream_out(HttpExchange& exchange) {
    exchange.begin(200, {}, 6);
    co_await exchange.send("abc");
    co_await exchange.send("def");
}

Task<> break_down(HttpExchange&) {
    throw std::runtime_error("out of order");
    co_return;
}

/// A server whose patience is short, and a client of it.
class House {
  public:
    House() : tls_(TlsContext::server({.certificate_chain = certificate().chain(), .private_key = certificate().key(), .alpn = {}})), door_("test", {1000, 1000, 1000, 1000}) {
        router_.add({.path = "/echo", .methods = {"POST"}, .most_body_bytes = 10, .handler = echo});
        router_.add({.path = "/out", .methods = {"GET"}, .most_body_bytes = 0, .handler = stream_out});
        router_.add({.path = "/broken", .methods = {"GET"}, .most_body_bytes = 0, .handler = break_down});
        server_ = std::make_unique<HttpServer>(HttpServer::Parts{
            .address = "127.0.0.1:0", .tls = tls_, .door = door_, .router = router_, .shards = {&home_.shard}, .other_protocol = {},
            .take = {}, .limits = {.handshake = 100ms, .idle = 150ms, .head = 100ms, .body = 100ms, .response = 1s}});
        home_.call([this] { server_->start(); });
    }
    ~House() {
        home_.call([this] {
            server_->stop_on(0);
            server_->destroy_on(0);
        });
    }

    /// All that the server says to these pieces, sent with a pause between them.
    std::string talk(std::vector<std::string> pieces, std::chrono::milliseconds pause = 0ms) {
        std::string heard;
        home_.run([&] { return talk(*this, pieces, pause, heard); });
        return heard;
    }

  private:
    static Task<> talk(House& house, const std::vector<std::string>& pieces, std::chrono::milliseconds pause, std::string& heard) {
        auto connection = co_await connect("127.0.0.1:" + std::to_string(house.server_->port()), 5s);
        auto context = TlsContext::client({.ca = certificate().chain(), .verify = true, .certificate_chain = {}, .private_key = {}, .alpn = {}});
        co_await connection->start_tls_client(context, "chancery.test", 5s);
        for (const auto& piece : pieces) {
            connection->write(piece);
            if (pause > 0ms) co_await sleep(pause);
        }
        try {
            while (true) {
                const auto bytes = co_await connection->read(5s);
                if (bytes.empty()) break;
                heard += bytes;
            }
        } catch (const ConnectionLost&) {
        }
        co_await connection->close(1s);
    }

    CurrentTlsContext tls_;
    Door door_;
    HttpRouter router_;
    test::ShardThread home_;
    std::unique_ptr<HttpServer> server_;
};

const std::string post = "POST /echo HTTP/1.1\r\nHost: a\r\n";

bool says(const std::string& heard, std::string_view text) { return heard.find(text) != heard.npos; }

}  // namespace

TEST_CASE("AClientThatSaysNothingIsLetGo") {
    House house;
    CHECK(house.talk({}).empty());
    CHECK(house.talk({post + "Content-Length: 2\r\n\r\nab"}).ends_with("\r\n\r\nab"));
}

TEST_CASE("AClientThatTricklesItsHeadIsLetGo") {
    House house;
    const auto begin = std::chrono::steady_clock::now();
    const auto heard = house.talk(std::vector<std::string>(100, "G"), 20ms);
    CHECK(heard.empty());
    CHECK(std::chrono::steady_clock::now() - begin < 10s);
}

TEST_CASE("ABodyThatComesTooSlowlyIsRefused") {
    House house;
    const auto heard = house.talk({post + "Content-Length: 9\r\n\r\n", "a", "b", "c", "d", "e", "f", "g", "h"}, 30ms);
    CHECK(heard.starts_with("HTTP/1.1 408 "));
    CHECK(says(heard, "Connection: close\r\n"));
}

TEST_CASE("ABodyOverTheLimitOfItsRouteIsRefusedAndNotRead") {
    House house;
    CHECK(house.talk({post + "Content-Length: 11\r\n\r\n"}).starts_with("HTTP/1.1 413 "));
}

TEST_CASE("AClientThatWaitsForOurWordGetsIt") {
    House house;
    const auto heard = house.talk({post + "Content-Length: 2\r\nExpect: 100-continue\r\n\r\n", "ab"}, 20ms);
    CHECK(heard.starts_with("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\n"));
    CHECK(heard.ends_with("\r\n\r\nab"));
    CHECK(house.talk({post + "Content-Length: 2\r\nExpect: miracles\r\n\r\n"}).starts_with("HTTP/1.1 417 "));
}

TEST_CASE("WhatFollowsAnUnreadBodyIsNotTakenForARequest") {
    House house;
    const auto heard = house.talk({"POST /nowhere HTTP/1.1\r\nHost: a\r\nContent-Length: 60\r\n\r\n" + post + "Content-Length: 0\r\n\r\n"});
    CHECK(heard.starts_with("HTTP/1.1 404 "));
    CHECK_FALSE(says(heard, "200 OK"));
}

TEST_CASE("APieceAfterTheOtherMakesTheContent") {
    House house;
    CHECK(house.talk({"GET /out HTTP/1.1\r\nHost: a\r\n\r\n"}).ends_with("Content-Length: 6\r\n\r\nabcdef"));
    CHECK(house.talk({"HEAD /out HTTP/1.1\r\nHost: a\r\n\r\n"}).ends_with("Content-Length: 6\r\n\r\n"));
}

TEST_CASE("AHandlerThatBreaksDownSaysNothingOfItsInsides") {
    House house;
    const auto heard = house.talk({"GET /broken HTTP/1.1\r\nHost: a\r\n\r\n"});
    CHECK(heard.starts_with("HTTP/1.1 500 "));
    CHECK_FALSE(says(heard, "out of order"));
}
