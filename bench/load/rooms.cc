// Rooms (XEP-0045): all enter, then one writes and all of the room's occupants get it. Two bystanders show whether the rest of
// the server stands still meanwhile.
#include <unordered_map>

#include "load/bystanders.h"
#include "load/mark.h"
#include "load/scenarios.h"
#include "load/words.h"

namespace chancery::load {
namespace {

class RoomsRun {
  public:
    RoomsRun(World& world, Crowd& crowd, const Rooms& options)
        : world_(world),
          crowd_(crowd),
          options_(options),
          words_(run_),
          all_(options.rooms * options.occupants),
          rooms_(options.rooms),
          joined_(all_),
          bystanders_(crowd[all_], crowd[all_ + 1]) {
        service_ = options.service.empty() ? "conference." + world.target.domain : options.service;
        crowd.on_stanza = [this](Client& client, std::string_view stanza) { take(client, stanza); };
    }

    /// Every connection is asked something and answers: what it needs from then on is not what a room costs.
    void use_connections() {
        std::size_t asked = 0;
        const auto all_answered = [&] {
            for (; asked < all_ && asked - answered_ < signing_in_at_once; ++asked)
                crowd_[asked].send("<iq type='get' id='used' to='" + world_.target.domain +
                                   "'><ping xmlns='urn:xmpp:ping'/></iq>");
            return answered_ == all_;
        };
        if (!world_.loop.run_until(Clock::now() + seconds(world_.target.limit_seconds), all_answered))
            throw Stuck("no answer to a ping");
    }

    /// Whether the server has rooms; `refusal()` says what it answered if not.
    bool create() {
        for (std::size_t room = 0; room < rooms_.size(); ++room) join(room * options_.occupants);
        const auto created = [&] { return joined_count_ == rooms_.size() || !refusal_.empty(); };
        const bool answered = world_.loop.run_until(Clock::now() + std::chrono::seconds(10), created);
        if (!answered) refusal_ = "no answer to joining " + name(0);
        return refusal_.empty();
    }

    void fill() {
        std::size_t next = 0, asked = rooms_.size();
        const auto all_in = [&] {
            for (; next < all_ && asked - joined_count_ < signing_in_at_once; ++next) {
                if (next % options_.occupants == 0) continue;
                join(next);
                ++asked;
            }
            bystanders_.turn();
            return joined_count_ == all_ || !refusal_.empty();
        };
        bystanders_.start();
        const bool done = world_.loop.run_until(Clock::now() + seconds(world_.target.limit_seconds), all_in);
        if (!refusal_.empty()) throw Stuck("joining failed: " + refusal_);
        if (!done) throw Stuck("only " + std::to_string(joined_count_) + " joined in time");
    }

    void talk() {
        talking_ = true;
        for (std::size_t i = 0; i < options_.window; ++i)
            for (std::size_t room = 0; room < rooms_.size(); ++room) write(room);
        last_ = Clock::now();
        bystanders_.start();
        const auto end = last_ + seconds(world_.target.limit_seconds);
        world_.loop.run_until(end, [&] {
            bystanders_.turn();
            return completed_ + errors_ == options_.messages ||
                   Clock::now() - last_ > std::chrono::seconds(10);
        });
    }

    double bystanders_ms(double percent) { return bystanders_.percentile_ms(percent); }

    std::string refusal_;
    std::size_t sent_ = 0, completed_ = 0, delivered_ = 0, doubled_ = 0, errors_ = 0;
    Samples latency_;

  private:
    struct Pending {
        Clock::time_point since;
        std::vector<bool> got;
        std::size_t left;
    };
    struct Room {
        std::uint32_t next = 0;
        std::unordered_map<std::uint32_t, Pending> pending;
    };

    std::string name(std::size_t room) const {
        return "bench" + std::to_string(run_) + "-" + std::to_string(room) + "@" + service_;
    }

    void join(std::size_t i) {
        crowd_[i].send("<presence to='" + name(i / options_.occupants) + "/n" + std::to_string(i) +
                       "'><x xmlns='http://jabber.org/protocol/muc'><history maxchars='0'/></x></presence>");
    }

    void write(std::size_t number) {
        if (sent_ == options_.messages) return;
        auto& room = rooms_[number];
        const auto sequence = room.next++;
        const auto sender = number * options_.occupants + sequence % options_.occupants;
        const Mark mark{.group = static_cast<std::uint32_t>(number), .sequence = sequence};
        std::string stanza = "<message type='groupchat' to='" + name(number) + "' id='";
        append_mark(stanza, run_, mark);
        stanza.back() = '\'';
        stanza += "><body>";
        append_mark(stanza, run_, mark);
        stanza.append(words_.next(options_.body)).append("</body></message>");
        room.pending[sequence] = {Clock::now(), std::vector<bool>(options_.occupants), options_.occupants};
        ++sent_;
        crowd_[sender].send(stanza);
    }

    void take(Client& client, std::string_view stanza) {
        if (bystanders_.are(client)) return bystanders_.take(stanza);
        last_ = Clock::now();
        const auto kind = name_of(stanza);
        if (kind == "iq" && attribute_of(stanza, "id") == "used") ++answered_;
        if (kind == "presence") on_presence(client, stanza);
        if (kind == "iq" && attribute_of(stanza, "id") == "configure")
            count_in(client, attribute_of(stanza, "type"));
        if (kind == "message" && talking_) on_message(client, stanza);
    }

    void on_presence(Client& client, std::string_view stanza) {
        if (attribute_of(stanza, "type") == "error") {
            if (refusal_.empty()) refusal_ = stanza;
            return;
        }
        const bool is_own = holds(stanza, "'110'") || holds(stanza, "\"110\"");
        const bool is_new = holds(stanza, "'201'") || holds(stanza, "\"201\"");
        if (!is_own || joined_[client.number()]) return;
        if (!is_new) return count_in(client, "result");
        const std::string limited = "<field var='FORM_TYPE'><value>http://jabber.org/protocol/muc#roomconfig</value></field>"
                                    "<field var='muc#roomconfig_presencebroadcast'><value>moderator</value></field>";
        client.send("<iq type='set' id='configure' to='" + name(client.number() / options_.occupants) +
                    "'><query xmlns='http://jabber.org/protocol/muc#owner'><x xmlns='jabber:x:data' type='submit'>" +
                    (options_.moderators_only ? limited : "") + "</x></query></iq>");
    }

    void count_in(Client& client, std::string_view answer) {
        if (answer != "result" && refusal_.empty()) refusal_ = "the room's configuration was refused";
        if (!joined_[client.number()]) ++joined_count_;
        joined_[client.number()] = true;
    }

    void on_message(Client& client, std::string_view stanza) {
        if (attribute_of(stanza, "type") == "error") {
            const auto mark = find_mark(std::string(attribute_of(stanza, "id")) + ' ', run_);
            if (!mark || rooms_[mark->group].pending.erase(mark->sequence) == 0) return;
            ++errors_;
            if (refusal_.empty()) refusal_ = stanza;
            return write(mark->group);
        }
        const auto body = stanza.find("<body");
        const auto mark = body == stanza.npos ? std::nullopt : find_mark(stanza.substr(body), run_);
        if (!mark || mark->group != client.number() / options_.occupants) return;
        auto& pending = rooms_[mark->group].pending;
        const auto found = pending.find(mark->sequence);
        const auto place = client.number() % options_.occupants;
        if (found == pending.end() || found->second.got[place]) {
            ++doubled_;
            return;
        }
        found->second.got[place] = true;
        ++delivered_;
        latency_.add(last_ - found->second.since);
        if (--found->second.left > 0) return;
        pending.erase(found);
        ++completed_;
        write(mark->group);
    }

    World& world_;
    Crowd& crowd_;
    const Rooms& options_;
    std::uint32_t run_ = new_run();
    Words words_;
    const std::size_t all_;   // who enters; two more are bystanders
    std::vector<Room> rooms_;
    std::vector<bool> joined_;
    Bystanders bystanders_;
    std::string service_;
    Clock::time_point last_;
    bool talking_ = false;
    std::size_t joined_count_ = 0, answered_ = 0;
};

}  // namespace

Report run(World& world, const Rooms& options) {
    Crowd crowd(world, options.rooms * options.occupants + 2);
    crowd.sign_in(signing_in_at_once, "<presence/>");
    RoomsRun run(world, crowd, options);
    Report report("rooms");
    run.use_connections();
    if (!run.create()) {
        report.set_supported(false);
        report.note(run.refusal_);
        crowd.sign_out();
        return report;
    }
    const ServerProcess server(world.target.pids);
    const auto entering = static_cast<double>(options.rooms * (options.occupants - 1));
    const auto settled_memory = [&] {
        world.loop.run_for(seconds(options.settle_seconds));
        return server.is_known() ? server.memory().private_kib : 0;
    };
    const auto memory_before = settled_memory();
    Meter meter(server);
    run.fill();
    report.add("join_seconds", "until all have entered", meter.seconds(), "s", 2);
    if (server.is_known()) report.add("join_cpu_ms", "server CPU for each who enters", meter.server_micros() / entering / 1000, "ms", 3);
    report.add("join_bystanders_p99_ms", "meanwhile a message of bystanders, p99", run.bystanders_ms(99), "ms", 3);
    report.add("join_bystanders_max_ms", "and at most", run.bystanders_ms(100), "ms", 3);
    const auto memory_after = settled_memory();
    if (server.is_known())
        report.add("occupant_kib", "memory of an occupant, private", (memory_after - memory_before) / entering, "KiB", 2);
    meter.start();
    run.talk();
    const auto server_micros = meter.server_micros(), own_micros = meter.own_micros(), time = meter.seconds();

    const auto delivered = static_cast<double>(run.delivered_);
    report.add("messages", "messages", static_cast<double>(run.sent_));
    report.add("deliveries", "deliveries", delivered);
    report.add("per_second", "deliveries", delivered / time, "/s");
    for (const int percent : {50, 99})
        report.add("p" + std::to_string(percent) + "_ms", "latency p" + std::to_string(percent),
                   run.latency_.percentile_ms(percent), "ms", 3);
    if (server.is_known())
        report.add("server_cpu_us", "server CPU per delivery", server_micros / delivered, "µs", 2);
    report.add("client_cpu_us", "generator CPU per delivery", own_micros / delivered, "µs", 2);
    report.add("bystanders_p99_ms", "meanwhile a message of bystanders, p99", run.bystanders_ms(99), "ms", 3);
    report.add("lost", "deliveries lost",
               static_cast<double>((run.sent_ - run.errors_) * options.occupants) - delivered);
    report.add("doubled", "doubled", static_cast<double>(run.doubled_));
    report.add("errors", "errors returned", static_cast<double>(run.errors_));
    report.add("broken", "connections broken", static_cast<double>(crowd.broken()));
    if (!run.refusal_.empty()) report.note("first error: " + run.refusal_);
    crowd.sign_out();
    return report;
}

}  // namespace chancery::load
