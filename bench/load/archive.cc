// The archive (XEP-0313): users page through their history backwards, as a client does that shows the latest
// first.
#include <set>

#include "load/scenarios.h"
#include "load/talk.h"

namespace chancery::load {
namespace {

class Paging {
  public:
    Paging(World& world, Crowd& crowd, const Archive& options, std::uint32_t run)
        : world_(world), crowd_(crowd), options_(options), run_(run), readers_(crowd.size()) {
        crowd.on_stanza = [this](Client& client, std::string_view stanza) { take(client, stanza); };
    }

    void read_all() {
        last_ = Clock::now();
        const auto end = last_ + seconds(world_.target.limit_seconds);
        world_.loop.run_until(end, [&] {
            for (; next_ < readers_.size() && next_ - done_ < options_.at_once; ++next_) ask(next_, "");
            const bool silent = Clock::now() - last_ > std::chrono::seconds(10);
            return done_ == readers_.size() || silent || !refusal_.empty();
        });
    }

    /// How many of this run's messages, that should have been on the pages read, were not.
    std::size_t missing(std::size_t per_archive) const {
        std::size_t sum = 0;
        const auto expected = std::min(per_archive, options_.pages * options_.page);
        for (const auto& reader : readers_) sum += expected - std::min(expected, reader.marks.size());
        return sum;
    }

    std::size_t messages_ = 0, pages_ = 0, doubled_ = 0;
    std::string refusal_;
    Samples latency_;

  private:
    struct Reader {
        Clock::time_point since;
        std::size_t pages = 0;
        std::set<std::pair<std::uint32_t, std::uint32_t>> marks;
    };

    void ask(std::size_t i, std::string_view before) {
        std::string stanza =
            "<iq type='set' id='page'><query xmlns='urn:xmpp:mam:2' queryid='page'>"
            "<set xmlns='http://jabber.org/protocol/rsm'><max>" +
            std::to_string(options_.page) + "</max>";
        stanza += before.empty() ? "<before/>" : "<before>" + std::string(before) + "</before>";
        readers_[i].since = Clock::now();
        crowd_[i].send(stanza + "</set></query></iq>");
    }

    void take(Client& client, std::string_view stanza) {
        last_ = Clock::now();
        if (name_of(stanza) == "message" && holds(stanza, "<result")) return count(client.number(), stanza);
        if (name_of(stanza) != "iq" || attribute_of(stanza, "id") != "page") return;
        if (attribute_of(stanza, "type") == "error") {
            if (refusal_.empty()) refusal_ = stanza;
            return;
        }
        turn_page(client.number(), stanza);
    }

    void count(std::size_t i, std::string_view stanza) {
        ++messages_;
        const auto body = stanza.find("<body");
        const auto mark = body == stanza.npos ? std::nullopt : find_mark(stanza.substr(body), run_);
        if (mark && !readers_[i].marks.emplace(mark->group, mark->sequence).second) ++doubled_;
    }

    void turn_page(std::size_t i, std::string_view fin) {
        auto& reader = readers_[i];
        latency_.add(last_ - reader.since);
        ++pages_;
        ++reader.pages;
        const auto at = fin.find("<fin");
        const bool complete = at != fin.npos && attribute_of(fin.substr(at), "complete") == "true";
        const auto first = text_of(fin, "first");
        if (complete || first.empty() || reader.pages == options_.pages) {
            ++done_;
            return;
        }
        ask(i, first);
    }

    World& world_;
    Crowd& crowd_;
    const Archive& options_;
    std::uint32_t run_;
    std::vector<Reader> readers_;
    std::size_t next_ = 0, done_ = 0;
    Clock::time_point last_;
};

/// Writes until each of the users' archives has `fill` new messages: half of them its own, half its
/// partner's.
std::uint32_t fill(World& world, Crowd& crowd, const Archive& options) {
    Talk talk(crowd, world.target, 5, options.body, options.fill / 2);
    talk.begin();
    const auto all = crowd.size() * (options.fill / 2);
    const auto end = Clock::now() + seconds(world.target.limit_seconds);
    if (!world.loop.run_until(end, [&] { return talk.sent() == all && talk.is_settled(); }) ||
        talk.errors() > 0)
        throw Stuck("only " + std::to_string(talk.received()) + " of " + std::to_string(all) +
                    " messages could be archived");
    world.loop.run_for(seconds(1));  // an archive may be indexed a little later
    return talk.run();
}

}  // namespace

Report run(World& world, const Archive& options) {
    if (options.users % 2) throw Stuck("--users must be even: they write to each other in pairs");
    Crowd crowd(world, options.users);
    crowd.sign_in(signing_in_at_once, "<presence/>");
    const auto run = options.fill ? fill(world, crowd, options) : new_run();

    Paging paging(world, crowd, options, run);
    const ServerProcess server(world.target.pids);
    const Meter meter(server);
    paging.read_all();
    const auto server_micros = meter.server_micros(), own_micros = meter.own_micros(), time = meter.seconds();

    Report report("archive");
    const auto messages = static_cast<double>(paging.messages_);
    report.add("messages", "messages returned", messages);
    report.add("pages", "pages", static_cast<double>(paging.pages_));
    report.add("pages_per_second", "pages", static_cast<double>(paging.pages_) / time, "/s", 1);
    for (const int percent : {50, 99})
        report.add("p" + std::to_string(percent) + "_ms", "page latency p" + std::to_string(percent),
                   paging.latency_.percentile_ms(percent), "ms", 2);
    if (server.is_known())
        report.add("server_cpu_us", "server CPU per message", server_micros / messages, "µs", 2);
    report.add("client_cpu_us", "generator CPU per message", own_micros / messages, "µs", 2);
    report.add("missing", "missing", static_cast<double>(paging.missing(options.fill / 2 * 2)));
    report.add("doubled", "doubled", static_cast<double>(paging.doubled_));
    if (paging.messages_ == 0 && !paging.refusal_.empty()) report.set_supported(false);
    if (!paging.refusal_.empty()) report.note("first error: " + paging.refusal_);
    crowd.sign_out();
    return report;
}

}  // namespace chancery::load
