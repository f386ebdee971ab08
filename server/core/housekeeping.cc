#include "core/housekeeping.h"

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <mutex>

#include "base/log.h"

namespace chancery {
namespace {

constexpr auto interval = std::chrono::seconds(5);

/// Begins a new file of notes about streams, once all that the old ones say is in it too.
void thin_streams(Host& host) {
    auto& streams = host.ledger().streams();
    if (!streams.is_long()) return;
    streams.begin_file();
    on_every_shard(host, [&host](std::size_t i) { host.home(i).note_streams(); });
    on_every_shard(host, [](std::size_t) {});  // the turn that wrote them is over
    streams.remove_older();
}

}  // namespace

Housekeeper::Housekeeper(std::vector<Chore> chores)
    : thread_([chores = std::move(chores)](std::stop_token stop) { keep_house(stop, chores); }) {}

void Housekeeper::keep_house(std::stop_token stop, const std::vector<Chore>& chores) {
    using Steady = std::chrono::steady_clock;
    std::vector<Steady::time_point> due;
    for (const auto& chore : chores) due.push_back(Steady::now() + (chore.at_start ? std::chrono::seconds(0) : chore.every));
    std::mutex guard;
    std::condition_variable_any wake;
    std::unique_lock lock(guard);
    while (!stop.stop_requested()) {
        for (std::size_t i = 0; i < chores.size() && !stop.stop_requested(); ++i) {
            if (due[i] > Steady::now()) continue;
            try {
                chores[i].work(stop);
            } catch (const std::exception& failure) {
                log::warning("housekeeping.failed", {{"chore", chores[i].name}, {"cause", failure.what()}});
            }
            due[i] = Steady::now() + chores[i].every;
        }
        wake.wait_until(lock, stop, *std::ranges::min_element(due), [] { return false; });
    }
}

std::vector<Chore> chores_of(Host& host) {
    return {{.name = "ledger", .every = interval, .work = [&host](std::stop_token) { save_ledger(host); }},
            {.name = "streams", .every = interval, .work = [&host](std::stop_token) { thin_streams(host); }},
            {.name = "logons", .every = interval, .work = [&host](std::stop_token) { save_logons(host); }}};
}

void save_ledger(Host& host) {
    try {
        host.ledger().snapshot();
    } catch (const std::exception& failure) {
        log::warning("ledger.snapshot_failed", {{"cause", failure.what()}});
    }
}

void save_logons(Host& host) {
    host.home(0).shard().post([&host] { host.home(0).tasks().spawn(host.accounts().save_logons()); });
}

void on_every_shard(Host& host, const std::function<void(std::size_t)>& work) {
    std::atomic<std::size_t> left = host.home_count();
    for (std::size_t i = 0; i < host.home_count(); ++i)
        host.home(i).shard().post([&, i] {
            work(i);
            --left;
        });
    while (left > 0) std::this_thread::sleep_for(std::chrono::milliseconds(1));
}

}  // namespace chancery
