// What a signed-in connection that says nothing costs in memory: fresh, and after it has had one message.
#include "load/scenarios.h"

namespace chancery::load {
namespace {

/// Lets a server that collects garbage or grows once do so before it is counted.
void warm_up(World& world, const Idle& options) {
    const auto some = std::clamp<std::size_t>(options.connections / 10, 1, 100);
    Crowd crowd(world, std::min(some, options.accounts ? options.accounts : some));
    crowd.sign_in(signing_in_at_once, "<presence/>");
    world.loop.run_for(seconds(1));
    crowd.sign_out();
    world.loop.run_for(seconds(1));
}

void add_memory(Report& report, const std::string& key, const std::string& label,
                ServerProcess::Memory before, ServerProcess::Memory after, double count) {
    report.add(key + "_pss_kib", label + ", PSS per connection", (after.pss_kib - before.pss_kib) / count,
               "KiB", 1);
    report.add(key + "_private_kib", label + ", private per connection",
               (after.private_kib - before.private_kib) / count, "KiB", 1);
}

}  // namespace

Report run(World& world, const Idle& options) {
    const ServerProcess server(world.target.pids);
    if (!server.is_known()) throw Stuck("idle measures the server's memory: give its process with --pid");
    warm_up(world, options);
    const auto empty = server.memory();

    Crowd crowd(world, options.connections, options.accounts);
    crowd.sign_in(signing_in_at_once, "<presence/>");
    world.loop.run_for(seconds(options.settle_seconds));
    const auto fresh = server.memory();

    std::size_t received = 0;
    crowd.on_stanza = [&](Client&, std::string_view stanza) { received += holds(stanza, "<body"); };
    const auto end = Clock::now() + seconds(world.target.limit_seconds);
    for (std::size_t i = 0; i < crowd.size(); ++i) {
        crowd[i].send("<message type='chat' id='idle' to='" + crowd[(i + 1) % crowd.size()].jid() +
                      "'><body>one message to each connection</body></message>");
        world.loop.run_until(end, [&] { return received + 50 > i; });
    }
    world.loop.run_until(Clock::now() + seconds(5), [&] { return received == crowd.size(); });
    world.loop.run_for(seconds(options.settle_seconds));
    const auto used = server.memory();

    Report report("idle");
    const auto count = static_cast<double>(crowd.size() - crowd.broken());
    report.add("connections", "signed-in TLS connections", count);
    report.add("broken", "broken", static_cast<double>(crowd.broken()));
    report.add("empty_pss_kib", "server before them, PSS", empty.pss_kib, "KiB");
    add_memory(report, "fresh", "fresh", empty, fresh, count);
    add_memory(report, "used", "after a message each", empty, used, count);
    report.add("messages", "messages received", static_cast<double>(received));
    crowd.sign_out();
    return report;
}

}  // namespace chancery::load
