#include "net/connection.h"

#include <doctest/doctest.h>

#include "net/wait.h"
#include "support/connections.h"

using namespace chancery;
using namespace chancery::net;
using namespace chancery::test;

namespace {

Task<> never_drained(Peer peer, std::shared_ptr<TlsContext>) {
    peer->set_unsent_limit(4'000'000);
    const std::string chunk(100'000, 'x');
    const auto flood = [](Connection& connection, const std::string& text) -> Task<> {
        while (true) {
            connection.write(text);
            co_await sleep(1ms);
        }
    };
    const auto listen = [](Connection& connection) -> Task<> { co_await connection.read(20s); };
    auto writing = flood(*peer, chunk), reading = listen(*peer);
    co_await both(std::move(writing), std::move(reading));
}
Task<> record_never_drained(Peer peer, std::shared_ptr<TlsContext> context) {
    co_await Outcome::record(never_drained(std::move(peer), context));
}
Task<> cancelled_soon(Peer peer, std::shared_ptr<TlsContext>) {
    Timer timer;
    timer.start(5ms, [&] { peer->cancel("kicked"); });
    co_await peer->read(20s);
}
Task<> record_cancelled(Peer peer, std::shared_ptr<TlsContext> context) {
    co_await Outcome::record(cancelled_soon(std::move(peer), context));
}
Task<> reads_shortly(Peer peer, std::shared_ptr<TlsContext>) { co_await peer->read(30ms); }
Task<> record_short_read(Peer peer, std::shared_ptr<TlsContext> context) {
    co_await Outcome::record(reads_shortly(std::move(peer), context));
}

}  // namespace

TLS_TEST_CASE("AReadEndsWithTimeoutOrCancellationOrTheLossOfASlowConsumer") {
    const std::pair<Serve, std::string> cases[] = {{record_short_read, "timeout"},
                                                   {record_cancelled, "cancelled: kicked"},
                                                   {record_never_drained, "lost: slow consumer"}};
    for (const auto& [serve, expected] : cases) {
        Outcome end;
        Server server(serve);
        RawClient client(server.address);
        CHECK(end.get() == expected);
    }
}

namespace {
Shard* elsewhere;
Shard* home_of_server;

Task<> serve_moving(Peer peer, std::shared_ptr<TlsContext> context) {
    co_await peer->start_tls(context, 10s);
    auto* next = elsewhere;
    while (true) {
        const auto bytes = co_await peer->read(20s);
        if (bytes.empty()) break;
        peer->write(bytes);
        co_await peer->move_to(*next);  // with bytes unsent
        next = next == elsewhere ? home_of_server : elsewhere;
    }
    co_await peer->move_to(*home_of_server);
    co_await peer->close(2s);
}

Task<> ask_many_times(std::string address, int& answered) {
    auto peer = co_await connect_tls(address);
    for (int i = 0; i < 300; ++i) {
        const auto text = random_text(1 + i * 50);
        peer->write(text);
        const auto answer = co_await read_exactly(*peer, text.size());
        answered += answer == text;
    }
    co_await peer->close(2s);
}
}  // namespace

TLS_TEST_CASE("AConnectionThatMovesBetweenShardsKeepsItsSession") {
    ShardThread other(2);
    Server server(serve_moving);
    elsewhere = &other.shard;
    home_of_server = &server.home.shard;
    ShardThread client(1);
    int answered = 0;
    client.run([&] { return ask_many_times(server.address, answered); });
    for (int i = 0; i < 100 && !server.home.call([&] { return server.home.group.empty(); }); ++i)
        usleep(20'000);
    CHECK(answered == 300);
    CHECK(server.home.call([&] { return server.home.group.empty(); }));
}

namespace {
ShardThread* new_owner;

Task<> echo_owned(Peer peer) { co_await echo(*peer); }
void take_over(Peer peer) { new_owner->group.spawn(echo_owned(std::move(peer))); }
Task<> serve_then_hand_over(Peer peer, std::shared_ptr<TlsContext> context) {
    co_await peer->start_tls(context, 10s);
    Connection::hand_over(std::move(peer), new_owner->shard, take_over);
}
}  // namespace

TLS_TEST_CASE("AConnectionThatIsHandedOverIsServedThere") {
    ShardThread other(2);
    new_owner = &other;
    Server server(serve_then_hand_over);
    ShardThread client(1);
    std::string answer;
    client.run([&] { return exchange(server.address, "hello", answer); });
    CHECK(answer == "hello");
    CHECK(server.home.call([&] { return server.home.group.empty(); }));
}
