// Sign-ins one after the other on new connections: TCP, STARTTLS, TLS handshake, SASL, bind, presence, close.
#include "load/scenarios.h"

namespace chancery::load {
namespace {

class SigningIn : public Handler {
  public:
    SigningIn(World& world, const SignIn& options) : world_(world) {
        // More clients than may be under way: in open loop, a late server makes them pile up.
        for (std::size_t i = 0; i < options.users; ++i)
            clients_.push_back(std::make_unique<Client>(world, *this, i, world.resource));
    }

    /// Runs `count` sign-ins. Latency counts from the moment when it was due, so that a server that falls
    /// behind a given rate cannot hide it.
    void run(std::size_t count, std::size_t at_once, double rate) {
        const auto begin = Clock::now();
        const auto end = begin + seconds(world_.target.limit_seconds);
        started_ = done_ = failed_ = 0;
        times_.clear();
        closing_times_.clear();
        due_.assign(clients_.size(), {});
        closing_since_.assign(clients_.size(), {});
        const auto all_done = [&] {
            while (started_ < count && started_ - done_ - failed_ < at_once) {
                const auto due =
                    rate > 0 ? begin + seconds(static_cast<double>(started_) / rate) : Clock::now();
                auto& client = *clients_[started_ % clients_.size()];
                if (due > Clock::now() || !client.is_closed()) break;
                due_[client.number()] = due;
                ++started_;
                client.open();
            }
            return done_ + failed_ == count;
        };
        if (!world_.loop.run_until(end, all_done)) first_reason_ += " (time is up)";
    }

    void ready(Client& client) override {
        times_.add(Clock::now() - due_[client.number()]);
        mechanism_ = client.mechanism();
        client.send("<presence/>");
        client.close();
        closing_since_[client.number()] = Clock::now();
    }

    void closed(Client& client, std::string_view why) override {
        why.empty() ? ++done_ : ++failed_;
        if (why.empty()) closing_times_.add(Clock::now() - closing_since_[client.number()]);
        if (!why.empty() && first_reason_.empty()) first_reason_ = why;
    }

    std::size_t done_ = 0, failed_ = 0;
    Samples times_;
    Samples closing_times_;  // a client that closes is still one of those under way
    std::string mechanism_, first_reason_;

  private:
    World& world_;
    std::vector<std::unique_ptr<Client>> clients_;
    std::vector<Clock::time_point> due_, closing_since_;
    std::size_t started_ = 0;
};

}  // namespace

Report run(World& world, const SignIn& options) {
    SigningIn scenario(world, options);
    if (!options.cold) scenario.run(options.users, options.concurrency, 0);
    if (scenario.failed_ > 0) throw Stuck("sign-in failed: " + scenario.first_reason_);

    const auto count = options.count ? options.count : options.users;
    const ServerProcess server(world.target.pids);
    const Meter meter(server);
    scenario.run(count, options.rate > 0 ? options.users : options.concurrency, options.rate);

    Report report("sign-in");
    const auto done = static_cast<double>(scenario.done_);
    report.add("sign_ins", "sign-ins", done);
    report.add("failed", "failed", static_cast<double>(count) - done);
    report.add("per_second", "rate", done / meter.seconds(), "/s", 1);
    for (const double percent : {50.0, 90.0, 99.0, 100.0})
        report.add("p" + std::to_string(static_cast<int>(percent)) + "_ms",
                   percent == 100 ? "latency max" : "latency p" + std::to_string(static_cast<int>(percent)),
                   scenario.times_.percentile_ms(percent), "ms", 2);
    report.add("close_p50_ms", "closing p50", scenario.closing_times_.percentile_ms(50), "ms", 2);
    if (server.is_known())
        report.add("server_cpu_ms", "server CPU per sign-in", meter.server_micros() / done / 1e3, "ms", 3);
    report.add("client_cpu_ms", "generator CPU per sign-in", meter.own_micros() / done / 1e3, "ms", 3);
    report.note("mechanism: " + scenario.mechanism_);
    if (!scenario.first_reason_.empty()) report.note("first failure: " + scenario.first_reason_);
    return report;
}

}  // namespace chancery::load
