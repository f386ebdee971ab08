#include "net/connection.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <atomic>

#include "net/wait.h"
#include "support/connections.h"

using namespace chancery;
using namespace chancery::net;
using namespace chancery::test;

static Task<> echo_large(std::string address, std::size_t size, bool& equal) {
    auto peer = co_await connect_tls(address);
    peer->set_unsent_limit(64 << 20);
    const auto text = random_text(size);
    peer->write(text);
    // Slow at first, so that both directions fill up.
    std::string answer;
    while (answer.size() < size) {
        if (answer.size() < 1'000'000) co_await sleep(1ms);
        const auto bytes = co_await peer->read(20s);
        if (bytes.empty()) break;
        answer += bytes;
    }
    equal = answer == text;
    co_await peer->close(2s);
}

static Task<> serve_large(Peer peer, std::shared_ptr<TlsContext> context) {
    co_await peer->start_tls(context, 10s);
    peer->set_unsent_limit(512 * 1024);
    while (true) {
        const auto bytes = co_await peer->read(20s);
        if (bytes.empty()) break;
        peer->write(bytes);
        if (peer->unsent() > 100'000)
            co_await peer->drained(20s);  // back-pressure: nothing is read meanwhile
    }
    co_await peer->close(2s);
}

TLS_TEST_CASE("TenMegabytesGoBothWaysPastASlowReaderWithBoundedMemory") {
    Server server(serve_large);
    ShardThread client(1);
    bool equal = false;
    client.run([&] { return echo_large(server.address, 10'000'000, equal); });
    CHECK(equal);
}

/// The most that one turn of the shard gave to a reader for whom all of it was there.
static std::size_t most_in_a_turn = 0;
static std::atomic<bool> all_is_written = false;

static Task<> measure_turns(Peer peer, std::shared_ptr<TlsContext> context) {
    co_await peer->start_tls(context, 10s);
    while (!all_is_written) co_await sleep(1ms);
    std::uint64_t turn = 0;
    std::size_t in_turn = 0;
    while (true) {
        const auto size = (co_await peer->read(20s)).size();
        if (size == 0) break;
        if (std::exchange(turn, peer->shard().turn()) != peer->shard().turn()) in_turn = 0;
        in_turn += size;
        most_in_a_turn = std::max(most_in_a_turn, in_turn);
    }
    co_await peer->close(2s);
}

static Task<> write_at_once(std::string address, std::size_t size) {
    auto peer = co_await connect_tls(address);
    peer->write(random_text(size));
    co_await peer->drained(20s);
    all_is_written = true;
    co_await peer->close(20s);
}

TLS_TEST_CASE("OnePeersBytesLeaveRoomForOthersInEveryTurn") {
    Server server(measure_turns);
    ShardThread client(1);
    client.run([&] { return write_at_once(server.address, 500'000); });
    CHECK(most_in_a_turn > 0);
    CHECK(most_in_a_turn <= 80 * 1'024);
}

static Task<> write_single_bytes(std::string address, std::string& answer) {
    auto peer = co_await connect_tls(address);
    for (int i = 0; i < 500; ++i) {
        peer->write(std::string_view("0123456789").substr(i % 10, 1));
        if (i % 3 == 0) co_await peer->drained(5s);
    }
    answer = co_await read_exactly(*peer, 500);
    co_await peer->close(2s);
}

TLS_TEST_CASE("SingleBytesArriveInOrder") {
    Server server(serve_direct);
    ShardThread client(1);
    std::string answer;
    client.run([&] { return write_single_bytes(server.address, answer); });
    CHECK(answer.size() == 500);
    CHECK(answer.substr(480) == "01234567890123456789");
}

static Task<> exchange_many(std::string address, int rounds, std::shared_ptr<TlsContext> context, int& done) {
    auto peer = co_await connect_tls(address, context);
    for (int round = 0; round < rounds; ++round) {
        const auto text = random_text(1 + (round * 977 + done) % 3000);
        peer->write(text);
        const auto answer = co_await read_exactly(*peer, text.size());
        if (answer != text) throw std::runtime_error("another text came back");
    }
    co_await peer->close(10s);
    ++done;
}

#if defined(__has_feature)
#if __has_feature(thread_sanitizer)
constexpr int many = 60;  // a handshake takes twenty times as long
#else
constexpr int many = 500;
#endif
#endif

TLS_TEST_CASE("FiveHundredConnectionsEachGetTheirOwnBytes") {
    Server server(serve_direct);
    ShardThread client(1);
    int done = 0;
    const auto context = client_context();
    client.call([&] {
        for (int i = 0; i < many; ++i) client.group.spawn(exchange_many(server.address, 10, context, done));
    });
    for (int i = 0; i < 600 && !client.call([&] { return client.group.empty(); }); ++i) usleep(100'000);
    CHECK(client.call([&] { return done; }) == many);
}
