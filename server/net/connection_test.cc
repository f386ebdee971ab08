#include "net/connection.h"

#include <doctest/doctest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <future>
#include <random>

#include "net/listener.h"
#include "net/wait.h"
#include "support/certificate.h"
#include "support/shard_thread.h"

using namespace chancery;
using namespace chancery::net;

namespace {

using Peer = std::unique_ptr<Connection>;
using Serve = Task<> (*)(Peer, std::shared_ptr<TlsContext>);

const test::Certificate& certificate() {
    static const test::Certificate made("chancery.test", "DNS:chancery.test");
    return made;
}

std::shared_ptr<TlsContext> server_context() {
    return TlsContext::server(
        {.certificate_chain = certificate().chain(), .private_key = certificate().key()});
}
std::shared_ptr<TlsContext> client_context() { return TlsContext::client({.ca = certificate().chain()}); }

/// A listener on a shard whose connections are served by a coroutine each.
struct Server {
    explicit Server(Serve serve, std::shared_ptr<TlsContext> context = server_context()) {
        listener = home.call([&] {
            return std::make_unique<Listener>(
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
    test::ShardThread home;
    std::unique_ptr<Listener> listener;
    std::string address;
};

Task<> echo(Connection& peer) {
    while (true) {
        const auto bytes = co_await peer.read(20s);
        if (bytes.empty()) break;
        peer.write(bytes);
    }
    co_await peer.close(2s);
}

Task<> serve_direct(Peer peer, std::shared_ptr<TlsContext> context) {
    co_await peer->start_tls(context, 10s);
    co_await echo(*peer);
}

Task<> serve_upgrade(Peer peer, std::shared_ptr<TlsContext> context) {
    std::string request;
    while (!request.ends_with('\n')) request += co_await peer->read(5s);
    peer->write("proceed\n");
    co_await peer->start_tls(context, 10s);
    co_await echo(*peer);
}

Task<std::string> read_exactly(Connection& peer, std::size_t size) {
    std::string text;
    while (text.size() < size) {
        const auto bytes = co_await peer.read(20s);
        if (bytes.empty()) break;
        text += bytes;
    }
    co_return text;
}

std::string random_text(std::size_t size) {
    std::mt19937_64 random(size);
    std::string text(size, '\0');
    for (auto& c : text) c = static_cast<char>('a' + random() % 26);
    return text;
}

Task<> exchange(std::string address, std::string text, std::string& answer) {
    auto peer = co_await connect(address, 5s);
    const std::string name = "chancery.test";
    const auto context = client_context();
    co_await peer->start_tls_client(context, name, 10s);
    peer->write(text);
    answer = co_await read_exactly(*peer, text.size());
    co_await peer->close(2s);
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

}  // namespace

TEST_CASE("BytesComeBackOverDirectTls") {
    Server server(serve_direct);
    test::ShardThread client(1);
    std::string answer;
    client.run([&] { return exchange(server.address, "hello", answer); });
    CHECK(answer == "hello");
}

TEST_CASE("BytesComeBackAfterAnUpgrade") {
    Server server(serve_upgrade);
    test::ShardThread client(1);
    std::string answer;
    client.run([&] { return exchange_upgraded(server.address, answer); });
    CHECK(answer == "hello");
}

static Task<> echo_large(std::string address, std::size_t size, bool& equal) {
    auto peer = co_await connect(address, 5s);
    const std::string name = "chancery.test";
    const auto context = client_context();
    co_await peer->start_tls_client(context, name, 10s);
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

TEST_CASE("TenMegabytesGoBothWaysPastASlowReaderWithBoundedMemory") {
    Server server(serve_large);
    test::ShardThread client(1);
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
    auto peer = co_await connect(address, 5s);
    const std::string name = "chancery.test";
    const auto context = client_context();
    co_await peer->start_tls_client(context, name, 10s);
    peer->write(random_text(size));
    co_await peer->drained(20s);
    all_is_written = true;
    co_await peer->close(20s);
}

TEST_CASE("OnePeersBytesLeaveRoomForOthersInEveryTurn") {
    Server server(measure_turns);
    test::ShardThread client(1);
    client.run([&] { return write_at_once(server.address, 500'000); });
    CHECK(most_in_a_turn > 0);
    CHECK(most_in_a_turn <= 80 * 1'024);
}

static Task<> write_single_bytes(std::string address, std::string& answer) {
    auto peer = co_await connect(address, 5s);
    const std::string name = "chancery.test";
    const auto context = client_context();
    co_await peer->start_tls_client(context, name, 10s);
    for (int i = 0; i < 500; ++i) {
        peer->write(std::string_view("0123456789").substr(i % 10, 1));
        if (i % 3 == 0) co_await peer->drained(5s);
    }
    answer = co_await read_exactly(*peer, 500);
    co_await peer->close(2s);
}

TEST_CASE("SingleBytesArriveInOrder") {
    Server server(serve_direct);
    test::ShardThread client(1);
    std::string answer;
    client.run([&] { return write_single_bytes(server.address, answer); });
    CHECK(answer.size() == 500);
    CHECK(answer.substr(480) == "01234567890123456789");
}

static Task<> exchange_many(std::string address, int rounds, std::shared_ptr<TlsContext> context, int& done) {
    auto peer = co_await connect(address, 20s);
    const std::string name = "chancery.test";
    co_await peer->start_tls_client(context, name, 50s);
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

TEST_CASE("FiveHundredConnectionsEachGetTheirOwnBytes") {
    Server server(serve_direct);
    test::ShardThread client(1);
    int done = 0;
    const auto context = client_context();
    client.call([&] {
        for (int i = 0; i < many; ++i) client.group.spawn(exchange_many(server.address, 10, context, done));
    });
    for (int i = 0; i < 600 && !client.call([&] { return client.group.empty(); }); ++i) usleep(100'000);
    CHECK(client.call([&] { return done; }) == many);
}

// What a server's coroutine saw, for the tests in which it fails.
namespace {
struct Outcome {
    std::promise<std::string> promise;
    std::future<std::string> future = promise.get_future();
    std::string get() {
        if (future.wait_for(20s) != std::future_status::ready) return "nothing happened";
        return future.get();
    }
};
Outcome* outcome;

Task<> record(Task<> task) {
    std::string end = "ended";
    try {
        co_await task;
    } catch (const Timeout&) {
        end = "timeout";
    } catch (const ConnectionLost& lost) {
        end = std::string("lost: ") + lost.what();
    } catch (const Cancelled& cancelled) {
        end = std::string("cancelled: ") + cancelled.what();
    }
    outcome->promise.set_value(end);
}
Task<> record_direct(Peer peer, std::shared_ptr<TlsContext> context) {
    co_await record(serve_direct(std::move(peer), context));
}
Task<> impatient(Peer peer, std::shared_ptr<TlsContext> context) { co_await peer->start_tls(context, 50ms); }
Task<> record_impatient(Peer peer, std::shared_ptr<TlsContext> context) {
    co_await record(impatient(std::move(peer), context));
}
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
    co_await record(never_drained(std::move(peer), context));
}
Task<> cancelled_soon(Peer peer, std::shared_ptr<TlsContext>) {
    Timer timer;
    timer.start(5ms, [&] { peer->cancel("kicked"); });
    co_await peer->read(20s);
}
Task<> record_cancelled(Peer peer, std::shared_ptr<TlsContext> context) {
    co_await record(cancelled_soon(std::move(peer), context));
}
Task<> reads_shortly(Peer peer, std::shared_ptr<TlsContext>) { co_await peer->read(30ms); }
Task<> record_short_read(Peer peer, std::shared_ptr<TlsContext> context) {
    co_await record(reads_shortly(std::move(peer), context));
}

/// A blocking socket of the test's thread.
struct RawClient {
    explicit RawClient(const std::string& text) {
        const auto address = Address::parse(text);
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

}  // namespace

static Task<> upgrade_with_left_over(Peer peer, std::shared_ptr<TlsContext> context) {
    const auto request = co_await peer->read(5s);
    const auto left_over = request.size() - request.find('\n') - 1;
    peer->write("proceed\n");
    co_await peer->start_tls(context, 10s, left_over);
}
static Task<> record_left_over(Peer peer, std::shared_ptr<TlsContext> context) {
    co_await record(upgrade_with_left_over(std::move(peer), context));
}
static Task<> upgrade_late(Peer peer, std::shared_ptr<TlsContext> context) {
    co_await peer->read(5s);
    co_await sleep(200ms);
    peer->write("proceed\n");
    co_await peer->start_tls(context, 10s);
}
static Task<> record_upgrade_late(Peer peer, std::shared_ptr<TlsContext> context) {
    co_await record(upgrade_late(std::move(peer), context));
}

TEST_CASE("BytesBehindTheRequestForTlsAreRefused") {
    Outcome end;
    outcome = &end;
    Server server(record_left_over);
    RawClient client(server.address);
    client.send("starttls\n<message/>");
    CHECK(end.get() == "lost: bytes before TLS was agreed");
    CHECK(client.receive() == "");  // not even the go-ahead
}

TEST_CASE("BytesThatArriveBeforeTheGoAheadIsSentAreRefused") {
    Outcome end;
    outcome = &end;
    Server server(record_upgrade_late);
    RawClient client(server.address);
    client.send("starttls\n");
    usleep(50'000);
    client.send("<message/>");
    CHECK(end.get() == "lost: bytes before TLS was agreed");
}

TEST_CASE("HttpAndGarbageOnATlsPortEndAtOnce") {
    for (const std::string text :
         {"GET / HTTP/1.1\r\nHost: x\r\n\r\n", "\x16\x03\x01\xff\xff garbage garbage garbage",
          "<stream:stream xmlns='jabber:client'>"}) {
        Outcome end;
        outcome = &end;
        Server server(record_direct);
        RawClient client(server.address);
        client.send(text);
        CHECK(end.get().starts_with("lost: TLS handshake: "));
    }
}

TEST_CASE("APeerThatSaysNothingOrOneByteASecondIsBoundedByTheHandshakeLimit") {
    for (const bool trickle : {false, true}) {
        Outcome end;
        outcome = &end;
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

TEST_CASE("APeerThatGoesDuringTheHandshakeEndsIt") {
    Outcome end;
    outcome = &end;
    Server server(record_direct);
    {
        RawClient client(server.address);
        client.send("\x16\x03\x01");
    }
    CHECK(end.get().starts_with("lost: TLS handshake: "));
}

TEST_CASE("AReadEndsWithTimeoutOrCancellationOrTheLossOfASlowConsumer") {
    const std::pair<Serve, std::string> cases[] = {{record_short_read, "timeout"},
                                                   {record_cancelled, "cancelled: kicked"},
                                                   {record_never_drained, "lost: slow consumer"}};
    for (const auto& [serve, expected] : cases) {
        Outcome end;
        outcome = &end;
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
    auto peer = co_await connect(address, 5s);
    const std::string name = "chancery.test";
    const auto context = client_context();
    co_await peer->start_tls_client(context, name, 10s);
    for (int i = 0; i < 300; ++i) {
        const auto text = random_text(1 + i * 50);
        peer->write(text);
        const auto answer = co_await read_exactly(*peer, text.size());
        answered += answer == text;
    }
    co_await peer->close(2s);
}
}  // namespace

TEST_CASE("AConnectionThatMovesBetweenShardsKeepsItsSession") {
    test::ShardThread other(2);
    Server server(serve_moving);
    elsewhere = &other.shard;
    home_of_server = &server.home.shard;
    test::ShardThread client(1);
    int answered = 0;
    client.run([&] { return ask_many_times(server.address, answered); });
    for (int i = 0; i < 100 && !server.home.call([&] { return server.home.group.empty(); }); ++i)
        usleep(20'000);
    CHECK(answered == 300);
    CHECK(server.home.call([&] { return server.home.group.empty(); }));
}

namespace {
test::ShardThread* new_owner;

Task<> echo_owned(Peer peer) { co_await echo(*peer); }
void take_over(Peer peer) { new_owner->group.spawn(echo_owned(std::move(peer))); }
Task<> serve_then_hand_over(Peer peer, std::shared_ptr<TlsContext> context) {
    co_await peer->start_tls(context, 10s);
    Connection::hand_over(std::move(peer), new_owner->shard, take_over);
}
}  // namespace

TEST_CASE("AConnectionThatIsHandedOverIsServedThere") {
    test::ShardThread other(2);
    new_owner = &other;
    Server server(serve_then_hand_over);
    test::ShardThread client(1);
    std::string answer;
    client.run([&] { return exchange(server.address, "hello", answer); });
    CHECK(answer == "hello");
    CHECK(server.home.call([&] { return server.home.group.empty(); }));
}

TEST_CASE("ConnectingToNobodyIsALoss") {
    test::ShardThread client(1);
    std::string answer;
    CHECK_THROWS_AS(client.run([&] { return exchange("127.0.0.1:1", "hello", answer); }), ConnectionLost);
    CHECK_THROWS_AS(client.run([&] { return exchange("localhost:1", "hello", answer); }), SocketError);
}

TEST_CASE("AddressesAreReadAndWritten") {
    for (const std::string text : {"127.0.0.1:5222", "[::1]:0", "[2001:db8::7]:65535"})
        CHECK(Address::parse(text).to_string() == text);
    CHECK(Address::parse("[::ffff:192.0.2.1]:80").to_string() == "192.0.2.1:80");
    for (const std::string text :
         {"", "127.0.0.1", ":1", "127.0.0.1:65536", "127.0.0.1:-1", "[::1:1", "name:1"})
        CHECK_THROWS_AS(Address::parse(text), SocketError);
}
