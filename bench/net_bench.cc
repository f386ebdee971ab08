// What a bare TLS relay costs: CPU per relayed message, and memory per idle connection.
//
//   net_bench relay <pairs> <outstanding> <seconds>
//   net_bench idle <connections>
//
// The server is this process with one shard, the clients are a child process; figures are the server's alone.
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <string>
#include <thread>

#include "net/listener.h"
#include "net/wait.h"
#include "support/certificate.h"
#include "support/shard_thread.h"

using namespace chancery;
using namespace chancery::net;

namespace {

constexpr std::size_t message_size = 350;

struct Relay {
    std::shared_ptr<TlsContext> context;
    std::vector<Connection*> slots;
    std::atomic<std::uint64_t> bytes = 0;
    std::atomic<int> secured = 0;
};

Task<> relay(std::unique_ptr<Connection> connection, Relay& state) {
    const auto context = state.context;
    co_await connection->start_tls(context, 60s);
    const auto place = state.slots.size();
    state.slots.push_back(connection.get());
    ++state.secured;
    while (true) {
        const auto bytes = co_await connection->read(300s);
        if (bytes.empty()) break;
        state.bytes += bytes.size();
        if (const auto partner = place ^ 1; partner < state.slots.size()) state.slots[partner]->write(bytes);
    }
}

Task<> converse(std::string address, std::shared_ptr<TlsContext> context, int outstanding) {
    auto connection = co_await connect(address, 60s);
    const std::string name = "localhost";
    co_await connection->start_tls_client(context, name, 60s);
    if (outstanding > 0) co_await sleep(3s);  // all must be there: what has no partner yet is dropped
    const std::string message(message_size, 'm');
    for (int i = 0; i < outstanding; ++i) connection->write(message);
    std::size_t received = 0;
    while (true) {
        const auto bytes = co_await connection->read(300s);
        if (bytes.empty()) break;
        for (received += bytes.size(); received >= message_size; received -= message_size)
            connection->write(message);
    }
}

Task<> pace(std::string address, std::shared_ptr<TlsContext> context, int connections, int outstanding,
            TaskGroup& group) {
    for (int i = 0; i < connections; ++i) {
        group.spawn(converse(address, context, outstanding));
        if (i % 16 == 15) co_await sleep(15ms);
    }
}

[[noreturn]] void run_clients(const std::string& address, int connections, int outstanding) {
    TlsContext::ClientOptions options;
    options.verify = false;
    const auto context = TlsContext::client(options);
    Shard shard(9);
    TaskGroup group;
    shard.post([&] { group.spawn(pace(address, context, connections, outstanding, group)); });
    shard.run();
    _exit(0);
}

long sleeps() {
    rusage usage{};
    getrusage(RUSAGE_SELF, &usage);
    return usage.ru_nvcsw;
}

double cpu_seconds() {
    rusage usage{};
    getrusage(RUSAGE_SELF, &usage);
    const auto seconds = [](const timeval& time) { return time.tv_sec + time.tv_usec / 1e6; };
    return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

long proportional_kilobytes() {
    std::ifstream file("/proc/self/smaps_rollup");
    for (std::string word; file >> word;)
        if (word == "Pss:" && file >> word) return std::stol(word);
    return 0;
}

void measure_relay(const Relay& state, double seconds) {
    std::this_thread::sleep_for(4s);
    const double cpu = cpu_seconds();
    const auto slept = sleeps();
    const auto bytes = state.bytes.load();
    std::this_thread::sleep_for(std::chrono::duration<double>(seconds));
    const double messages = static_cast<double>(state.bytes - bytes) / message_size;
    std::printf("relayed %.0f messages/s, %.2f CPU us each, %.3f sleeps each\n", messages / seconds,
                (cpu_seconds() - cpu) / messages * 1e6, (sleeps() - slept) / messages);
}

}  // namespace

int main(int count, char** words) {
    const bool idle = count == 3 && std::string(words[1]) == "idle";
    if (!idle && count != 5) return std::fprintf(stderr, "see the head of net_bench.cc\n"), 2;
    const int connections = idle ? std::atoi(words[2]) : 2 * std::atoi(words[2]);

    int address_pipe[2];
    if (pipe(address_pipe) != 0) return 1;
    const pid_t child = fork();  // before there is a thread
    if (child == 0) {
        char address[64] = "";
        if (read(address_pipe[0], address, sizeof address) <= 0) return 1;
        run_clients(address, connections, idle ? 0 : std::atoi(words[3]));
    }

    const test::Certificate certificate("localhost", "DNS:localhost");
    Relay state{.context = TlsContext::server(
                    {.certificate_chain = certificate.chain(), .private_key = certificate.key()})};
    state.slots.reserve(connections);
    test::ShardThread home;
    auto listener = home.call([&] {
        return std::make_unique<Listener>(home.shard, "127.0.0.1:0", false, [&](auto connection) {
            home.group.spawn(relay(std::move(connection), state));
        });
    });
    const auto before = proportional_kilobytes();
    const auto cpu_before = cpu_seconds();
    const auto address = "127.0.0.1:" + std::to_string(listener->port());
    if (write(address_pipe[1], address.c_str(), address.size() + 1) < 0) return 1;
    while (state.secured < connections) std::this_thread::sleep_for(20ms);
    const auto cpu_after = cpu_seconds();
    if (idle) {
        std::this_thread::sleep_for(1s);
        std::printf("%.0f bytes per idle connection, %.0f CPU us per handshake\n",
                    static_cast<double>(proportional_kilobytes() - before) * 1024 / connections,
                    (cpu_after - cpu_before) / connections * 1e6);
    } else {
        measure_relay(state, std::atof(words[4]));
    }
    kill(child, SIGKILL);
    waitpid(child, nullptr, 0);
    home.call([&] {
        listener.reset();
        home.group.clear();
    });
}
