// Files (XEP-0363): people ask for slots, then all upload at once, and then all download what they have uploaded.
//
// Slots are asked for before the clock runs. Each person has one HTTPS connection in a thread of its own; the bytes are random
// and different in each file, so that no server keeps two as one.
#include <openssl/rand.h>

#include <algorithm>
#include <atomic>
#include <mutex>
#include <thread>

#include "load/https.h"
#include "load/scenarios.h"

namespace chancery::load {
namespace {

struct Place {
    Url put, get;
};

/// The address in <put/> or <get/>, and the header that goes with it.
Url url_in(std::string_view stanza, std::string_view element) {
    const auto at = stanza.find("<" + std::string(element));
    if (at == stanza.npos) throw Stuck("a slot without an address: " + std::string(stanza));
    auto url = parse_url(attribute_of(stanza.substr(at), "url"));
    const auto header = stanza.find("<header", at);
    if (header != stanza.npos && attribute_of(stanza.substr(header), "name") == "Authorization")
        url.authorization = text_of(stanza.substr(header), "header");
    return url;
}

std::vector<std::vector<Place>> ask_for_slots(World& world, Crowd& crowd, const Files& options) {
    std::vector<std::vector<Place>> places(crowd.size());
    std::size_t answered = 0;
    std::string refusal;
    const auto ask = [&](std::size_t i) {
        crowd[i].send("<iq type='get' id='slot' to='" + (options.service.empty() ? "upload." + world.target.domain : options.service) +
                      "'><request xmlns='urn:xmpp:http:upload:0' filename='load.bin' size='" + std::to_string(options.kib * 1024) +
                      "' content-type='application/octet-stream'/></iq>");
    };
    crowd.on_stanza = [&](Client& client, std::string_view stanza) {
        if (name_of(stanza) != "iq" || attribute_of(stanza, "id") != "slot") return;
        if (attribute_of(stanza, "type") == "error") {
            refusal = stanza;
            return;
        }
        auto& own = places[client.number()];
        auto put = url_in(stanza, "put"), get = url_in(stanza, "get");
        get.authorization.clear();
        own.push_back({std::move(put), std::move(get)});
        ++answered;
        if (own.size() < options.files) ask(client.number());
    };
    for (std::size_t i = 0; i < crowd.size(); ++i) ask(i);
    const auto all = crowd.size() * options.files;
    world.loop.run_until(Clock::now() + seconds(world.target.limit_seconds), [&] { return answered == all || !refusal.empty(); });
    crowd.on_stanza = nullptr;
    if (!refusal.empty()) throw Stuck("no slot: " + refusal);
    if (answered < all) throw Stuck("only " + std::to_string(answered) + " of " + std::to_string(all) + " slots came");
    return places;
}

/// `work(connection, person, file)` for every file, one thread for each person; how many failed.
template <class Work>
std::size_t on_each(World& world, const std::vector<std::vector<Place>>& places, std::string& reason, Work work) {
    std::atomic<std::size_t> failed = 0;
    std::mutex guard;
    std::vector<std::jthread> threads;
    for (std::size_t i = 0; i < places.size(); ++i)
        threads.emplace_back([&, i] {
            std::size_t done = 0;
            try {
                Https connection(world.tls, places[i].front().put.host, places[i].front().put.port);
                for (; done < places[i].size(); ++done)
                    if (!work(connection, i, done)) throw HttpsFailure("a status that is none of success");
            } catch (const HttpsFailure& failure) {
                failed += places[i].size() - done;
                const std::lock_guard lock(guard);
                reason = failure.what();
            }
        });
    threads.clear();
    return failed;
}

}  // namespace

Report run(World& world, const Files& options) {
    Crowd crowd(world, options.users);
    crowd.sign_in(signing_in_at_once, "<presence/>");
    const auto places = ask_for_slots(world, crowd, options);
    std::vector<std::string> bytes(options.users, std::string(options.kib * 1024, '\0'));
    for (auto& each : bytes) RAND_bytes(reinterpret_cast<unsigned char*>(each.data()), static_cast<int>(each.size()));

    const ServerProcess server(world.target.pids);
    Report report("files");
    const auto mebibytes = static_cast<double>(options.users * options.files * options.kib) / 1024;
    report.add("mebibytes", "MiB each way", mebibytes, "MiB");
    std::string reason;
    std::size_t failed = 0;
    const auto measure = [&](const std::string& key, const auto& work) {
        const Meter meter(server);
        failed += on_each(world, places, reason, work);
        report.add(key + "_mib_per_second", key, mebibytes / meter.seconds(), "MiB/s", 1);
        if (server.is_known()) report.add(key + "_server_cpu_ms", key + ", server CPU", meter.server_micros() / 1'000 / mebibytes, "ms/MiB", 2);
        report.add(key + "_client_cpu_ms", key + ", generator CPU", meter.own_micros() / 1'000 / mebibytes, "ms/MiB", 2);
    };
    const auto stamp = [&](std::size_t person, std::size_t file) {
        auto& mine = bytes[person];
        std::copy_n(reinterpret_cast<const char*>(&file), sizeof file, mine.begin());
    };
    measure("upload", [&](Https& connection, std::size_t person, std::size_t file) {
        stamp(person, file);
        const auto status = connection.put(places[person][file].put, bytes[person]);
        return status == 200 || status == 201;
    });
    measure("download", [&](Https& connection, std::size_t person, std::size_t file) {
        stamp(person, file);
        std::size_t at = 0;
        bool is_same = true;
        const auto status = connection.get(places[person][file].get, [&](std::string_view piece) {
            is_same = is_same && std::string_view(bytes[person]).substr(at, piece.size()) == piece;
            at += piece.size();
        });
        return status == 200 && is_same && at == bytes[person].size();
    });
    report.add("failed", "failed", static_cast<double>(failed));
    if (!reason.empty()) report.note("first failure: " + reason);
    crowd.sign_out();
    return report;
}

}  // namespace chancery::load
