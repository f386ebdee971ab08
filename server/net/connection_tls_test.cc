#include "net/connection.h"

#include <doctest/doctest.h>

#include "net/wait.h"
#include "support/connections.h"

using namespace chancery;
using namespace chancery::net;
using namespace chancery::test;

namespace {

Task<> serve_upgrade(Peer peer, std::shared_ptr<TlsContext> context) {
    std::string request;
    while (!request.ends_with('\n')) request += co_await peer->read(5s);
    peer->write("proceed\n");
    co_await peer->start_tls(context, 10s);
    co_await echo(*peer);
}

Task<> exchange_upgraded(std::string address, std::string& answer) {
    auto peer = co_await connect(address, 5s);
    peer->write("starttls\n");
    const auto proceed = co_await read_exactly(*peer, 8);
    CHECK(proceed == "proceed\n");
    const std::string name = "chancery.test";
    const auto context = client_context();
    co_await peer->start_tls_client(context, name, 10s);
    peer->write("hello");
    answer = co_await read_exactly(*peer, 5);
    co_await peer->close(2s);
    CHECK_FALSE(peer->encrypted());
}

Task<> record_direct(Peer peer, std::shared_ptr<TlsContext> context) {
    co_await Outcome::record(serve_direct(std::move(peer), context));
}
Task<> impatient(Peer peer, std::shared_ptr<TlsContext> context) { co_await peer->start_tls(context, 50ms); }
Task<> record_impatient(Peer peer, std::shared_ptr<TlsContext> context) {
    co_await Outcome::record(impatient(std::move(peer), context));
}
Task<> upgrade_with_left_over(Peer peer, std::shared_ptr<TlsContext> context) {
    const auto request = co_await peer->read(5s);
    const auto left_over = request.size() - request.find('\n') - 1;
    peer->write("proceed\n");
    co_await peer->start_tls(context, 10s, left_over);
}
Task<> record_left_over(Peer peer, std::shared_ptr<TlsContext> context) {
    co_await Outcome::record(upgrade_with_left_over(std::move(peer), context));
}
Task<> upgrade_late(Peer peer, std::shared_ptr<TlsContext> context) {
    co_await peer->read(5s);
    co_await sleep(200ms);
    peer->write("proceed\n");
    co_await peer->start_tls(context, 10s);
}
Task<> record_upgrade_late(Peer peer, std::shared_ptr<TlsContext> context) {
    co_await Outcome::record(upgrade_late(std::move(peer), context));
}

}  // namespace

TLS_TEST_CASE("BytesComeBackOverDirectTls") {
    Server server(serve_direct);
    ShardThread client(1);
    std::string answer;
    client.run([&] { return exchange(server.address, "hello", answer); });
    CHECK(answer == "hello");
}

TLS_TEST_CASE("BytesComeBackAfterAnUpgrade") {
    Server server(serve_upgrade);
    ShardThread client(1);
    std::string answer;
    client.run([&] { return exchange_upgraded(server.address, answer); });
    CHECK(answer == "hello");
}

TLS_TEST_CASE("BytesBehindTheRequestForTlsAreRefused") {
    Outcome end;
    Server server(record_left_over);
    RawClient client(server.address);
    client.send("starttls\n<message/>");
    CHECK(end.get() == "lost: bytes before TLS was agreed");
    CHECK(client.receive() == "");  // not even the go-ahead
}

TLS_TEST_CASE("BytesThatArriveBeforeTheGoAheadIsSentAreRefused") {
    Outcome end;
    Server server(record_upgrade_late);
    RawClient client(server.address);
    client.send("starttls\n");
    usleep(50'000);
    client.send("<message/>");
    CHECK(end.get() == "lost: bytes before TLS was agreed");
}

TLS_TEST_CASE("HttpAndGarbageOnATlsPortEndAtOnce") {
    for (const std::string text :
         {"GET / HTTP/1.1\r\nHost: x\r\n\r\n", "\x16\x03\x01\xff\xff garbage garbage garbage",
          "<stream:stream xmlns='jabber:client'>"}) {
        Outcome end;
        Server server(record_direct);
        RawClient client(server.address);
        client.send(text);
        CHECK(end.get().starts_with("lost: TLS handshake: "));
    }
}

TLS_TEST_CASE("APeerThatSaysNothingOrOneByteASecondIsBoundedByTheHandshakeLimit") {
    for (const bool trickle : {false, true}) {
        Outcome end;
        Server server(record_impatient);
        RawClient client(server.address);
        for (const char byte : std::string_view("\x16\x03\x01\x01\x00\x01")) {
            if (!trickle) break;
            ::send(client.fd, &byte, 1, MSG_NOSIGNAL);
            usleep(15'000);
        }
        CHECK(end.get() == "timeout");
    }
}

TLS_TEST_CASE("APeerThatGoesDuringTheHandshakeEndsIt") {
    Outcome end;
    Server server(record_direct);
    {
        RawClient client(server.address);
        client.send("\x16\x03\x01");
    }
    CHECK(end.get().starts_with("lost: TLS handshake: "));
}
