// Presence among users who all have as many contacts: coming online, then changing status.
//
// The users form a ring: the contacts of i are the contacts/2 before it and the contacts/2 after it.
#include <utility>

#include "load/mark.h"
#include "load/scenarios.h"

namespace chancery::load {
namespace {

class PresenceRun {
  public:
    PresenceRun(World& world, Crowd& crowd, const Presence& options)
        : world_(world),
          crowd_(crowd),
          options_(options),
          left_(crowd.size()),
          since_(crowd.size()),
          seen_(crowd.size() * crowd.size(), none) {
        crowd.on_stanza = [this](Client& client, std::string_view stanza) { take(client, stanza); };
    }

    /// Each comes online, in order. When the first n are in, they have told each other: the pairs among them.
    void come_online() {
        std::size_t sent = 0, expected = 0;
        until_quiet([&] {
            while (sent < crowd_.size() && delivered_ + options_.at_once * options_.contacts >= expected) {
                expected += 2 * contacts_below(sent);
                send_status(sent++, 0);
            }
            return sent == crowd_.size() && delivered_ >= expected;
        });
    }

    /// Each changes its status `rounds` times; at most at_once changes are under way.
    void change() {
        std::size_t sent = 0;
        const auto all = crowd_.size() * options_.rounds;
        completed_ = 0;
        until_quiet([&] {
            for (; sent < all && sent - completed_ < options_.at_once; ++sent) {
                const auto i = sent % crowd_.size();
                if (left_[i] != 0) break;  // its last change is not everywhere yet
                left_[i] = options_.contacts;
                send_status(i, 1 + sent / crowd_.size());
            }
            return completed_ == all;
        });
    }

    void start_counting() {
        delivered_ = received_ = own_ = 0;
        latency_.clear();
    }
    /// Each status at each contact, once.
    std::size_t delivered() const { return delivered_; }
    /// All that came, also what came twice and what came back to its sender (RFC 6121 §4.2.2).
    std::size_t received() const { return received_ + own_; }
    std::size_t doubled() const { return received_ - delivered_; }
    Samples& latency() { return latency_; }

  private:
    std::size_t contacts_below(std::size_t i) const {
        const auto half = options_.contacts / 2, last = crowd_.size() - 1;
        const auto behind = std::min(i, half);
        return behind + (i + half > last ? std::min(i + half - last, i - behind) : 0);
    }

    void send_status(std::size_t i, std::size_t round) {
        std::string stanza = round % 2 ? "<presence><show>away</show><status>" : "<presence><status>";
        append_mark(stanza, run_, {static_cast<std::uint32_t>(i), static_cast<std::uint32_t>(round)});
        since_[i] = Clock::now();
        crowd_[i].send(stanza + "in the office</status></presence>");
    }

    void take(Client& client, std::string_view stanza) {
        if (name_of(stanza) != "presence") return;
        const auto mark = find_mark(stanza, run_);
        if (!mark || mark->group >= crowd_.size()) return;
        last_ = Clock::now();
        if (mark->group == client.number()) {
            ++own_;
            return;
        }
        ++received_;
        // Coming online, a server may tell the same twice: unasked, and in answer to a probe.
        auto& seen = seen_[client.number() * crowd_.size() + mark->group];
        if (std::exchange(seen, static_cast<std::uint16_t>(mark->sequence)) == mark->sequence) return;
        ++delivered_;
        latency_.add(last_ - since_[mark->group]);
        if (mark->sequence > 0 && left_[mark->group] > 0 && --left_[mark->group] == 0) ++completed_;
    }

    /// Until done, or nothing has come for five seconds, or the time is up.
    template <class Done>
    void until_quiet(Done&& done) {
        last_ = Clock::now();
        const auto end = last_ + seconds(world_.target.limit_seconds);
        world_.loop.run_until(end, [&] { return done() || Clock::now() - last_ > std::chrono::seconds(5); });
    }

    World& world_;
    Crowd& crowd_;
    const Presence& options_;
    std::uint32_t run_ = new_run();
    std::vector<std::size_t> left_;  // deliveries of its latest change that are still to come
    std::vector<Clock::time_point> since_;
    static constexpr std::uint16_t none = 0xffff;
    std::vector<std::uint16_t>
        seen_;  // the last round that a receiver (row) has heard of from a sender (column)
    Clock::time_point last_;
    Samples latency_;
    std::size_t delivered_ = 0, received_ = 0, own_ = 0, completed_ = 0;
};

/// Everybody asks and everybody approves (RFC 6121 §3.1). Where a subscription exists already the server may
/// not answer, so that after a second of silence it goes on.
void subscribe(World& world, const Presence& options) {
    Crowd crowd(world, options.users);
    crowd.sign_in(signing_in_at_once, "<presence/>");
    std::size_t asked = 0, approved = 0;
    auto last = Clock::now();
    crowd.on_stanza = [&](Client& client, std::string_view stanza) {
        if (name_of(stanza) != "presence") return;
        const auto type = attribute_of(stanza, "type");
        if (type == "subscribe")
            client.send("<presence type='subscribed' to='" + std::string(attribute_of(stanza, "from")) +
                        "'/>");
        if (type == "subscribed") ++approved;
        if (!type.empty()) last = Clock::now();
    };
    const auto all = options.users * options.contacts, half = options.contacts / 2;
    world.loop.run_until(Clock::now() + seconds(world.target.limit_seconds), [&] {
        const bool silent = Clock::now() - last > std::chrono::seconds(1);
        for (int burst = 0; asked < all && (asked < approved + 100 || (silent && burst < 100));
             ++burst, ++asked) {
            const auto i = asked / options.contacts, k = asked % options.contacts;
            const auto other = (i + (k < half ? k + 1 : options.users - (k - half + 1))) % options.users;
            crowd[i].send("<presence type='subscribe' to='" + world.target.bare(other) + "'/>");
        }
        if (silent && asked < all) last = Clock::now();
        return asked == all && (approved >= all || silent);
    });
    crowd.sign_out();
    if (asked < all) throw Stuck("the subscriptions took longer than --limit allows");
}

void add_phase(Report& report, const std::string& key, const std::string& label, PresenceRun& run,
               std::size_t expected, const Meter& meter, const ServerProcess& server) {
    const auto server_micros = server.is_known() ? meter.server_micros() : 0;
    const auto all = static_cast<double>(run.received());
    report.add(key + "_deliveries", label + ": deliveries", all);
    report.add(key + "_missing", label + ": missing",
               static_cast<double>(expected) - static_cast<double>(run.delivered()));
    report.add(key + "_doubled", label + ": doubled", static_cast<double>(run.doubled()));
    report.add(key + "_per_second", label + ": deliveries", all / meter.seconds(), "/s");
    report.add(key + "_p50_ms", label + ": latency p50", run.latency().percentile_ms(50), "ms", 3);
    report.add(key + "_p99_ms", label + ": latency p99", run.latency().percentile_ms(99), "ms", 3);
    if (server.is_known())
        report.add(key + "_server_cpu_us", label + ": server CPU per delivery", server_micros / all, "µs", 2);
    report.add(key + "_client_cpu_us", label + ": generator CPU per delivery", meter.own_micros() / all, "µs",
               2);
}

}  // namespace

Report run(World& world, const Presence& options) {
    if (options.contacts % 2 || options.contacts >= options.users)
        throw Stuck("--contacts must be even and less than --users");
    if (options.subscribe) subscribe(world, options);
    Crowd crowd(world, options.users);
    crowd.sign_in(signing_in_at_once, "");
    PresenceRun run(world, crowd, options);
    const ServerProcess server(world.target.pids);
    Report report("presence");

    Meter meter(server);
    run.come_online();
    add_phase(report, "online", "coming online", run, options.users * options.contacts, meter, server);

    const bool complete = run.delivered() == options.users * options.contacts;
    run.start_counting();
    meter.start();
    run.change();
    add_phase(report, "change", "changing status", run, options.users * options.contacts * options.rounds,
              meter, server);
    report.add("broken", "connections broken", static_cast<double>(crowd.broken()));
    if (!complete) report.note("the rosters are not those of this ring: prepare them, or give --subscribe");
    crowd.sign_out();
    return report;
}

}  // namespace chancery::load
