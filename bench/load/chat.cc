// 1:1 chat: messages per second, latency, and what a message costs the server.
#include "load/scenarios.h"
#include "load/talk.h"

namespace chancery::load {
namespace {

void add_latency(Report& report, Samples& latency) {
    for (const int percent : {50, 90, 99})
        report.add("p" + std::to_string(percent) + "_ms", "latency p" + std::to_string(percent),
                   latency.percentile_ms(percent), "ms", 3);
    report.add("max_ms", "latency max", latency.percentile_ms(100), "ms", 3);
}

/// Talks for the time or the number of messages asked for, breaking some receivers off half-way if asked to.
void talk(World& world, Crowd& crowd, Talk& talk, const Chat& options) {
    const auto already = talk.received();
    const auto begin = Clock::now();
    const auto time = seconds(options.messages ? world.target.limit_seconds : options.seconds);
    const auto enough = [&](double share) {
        return options.messages && static_cast<double>(talk.received() - already) >=
                                       share * static_cast<double>(options.messages);
    };
    if (options.kill_receivers > 0) {
        world.loop.run_until(begin + time / 2, [&] { return enough(0.5); });
        for (std::size_t i = 0; i < std::min(options.kill_receivers, crowd.size()); ++i) crowd[i].break_off();
    }
    world.loop.run_until(begin + time, [&] { return enough(1); });
}

}  // namespace

Report run(World& world, const Chat& options) {
    Crowd crowd(world, options.pairs * 2);
    crowd.sign_in(signing_in_at_once, "<presence/>");
    Talk conversation(crowd, world.target, options.window, options.body, 0);
    conversation.begin();
    world.loop.run_for(seconds(options.warm_up_seconds));

    const ServerProcess server(world.target.pids);
    const auto before = conversation.received();
    conversation.latency().clear();
    const Meter meter(server);
    talk(world, crowd, conversation, options);
    const auto server_micros = meter.server_micros(), own_micros = meter.own_micros(), time = meter.seconds();
    const auto measured = static_cast<double>(conversation.received() - before);

    conversation.stop();
    const auto drain = Clock::now() + seconds(options.drain_seconds);
    world.loop.run_until(drain, [&] { return conversation.is_settled(); });

    Report report("chat");
    report.add("messages", "messages measured", measured);
    report.add("per_second", "messages", measured / time, "/s");
    add_latency(report, conversation.latency());
    if (server.is_known())
        report.add("server_cpu_us", "server CPU per message", server_micros / measured, "µs", 2);
    if (server.is_known())
        report.add("server_cores", "server cores in use", server_micros / time / 1e6, "", 2);
    report.add("client_cpu_us", "generator CPU per message", own_micros / measured, "µs", 2);
    report.add("sent", "sent in all", static_cast<double>(conversation.sent()));
    report.add("lost", "lost", static_cast<double>(conversation.lost()));
    report.add("doubled", "doubled", static_cast<double>(conversation.doubled()));
    report.add("out_of_order", "out of order", static_cast<double>(conversation.out_of_order()));
    report.add("errors", "errors returned", static_cast<double>(conversation.errors()));
    report.add("broken", "connections broken", static_cast<double>(crowd.broken()));
    if (crowd.broken() > 0) report.note("first break: " + crowd.first_reason());
    crowd.sign_out();
    return report;
}

}  // namespace chancery::load
