// What has to be done now and then, on a thread of its own: nobody waits for it, and it may block.
//
// Concurrency. Made and destroyed by the thread that runs the server, while the shards run.
#pragma once
#include <chrono>
#include <functional>
#include <string_view>
#include <thread>
#include <vector>

#include "core/host.h"

namespace chancery {

/// What fails is logged, and tried again next time.
struct Chore {
    std::string_view name;
    std::chrono::seconds every;
    std::function<void(std::stop_token)> work;  ///< ends soon when it is asked to stop
    bool at_start = false;                      ///< and not only when the first of these times is over
};

class Housekeeper {
  public:
    explicit Housekeeper(std::vector<Chore> chores);
    /// Asks what is under way to stop, and waits for it.
    ~Housekeeper() = default;
    Housekeeper(const Housekeeper&) = delete;

  private:
    static void keep_house(std::stop_token stop, const std::vector<Chore>& chores);

    std::jthread thread_;
};

/// What keeps the next start short: the ledger's snapshot, notes about streams, when people signed in.
std::vector<Chore> chores_of(Host& host);

/// Without a snapshot the next start replays more of the journal, and nothing is lost.
void save_ledger(Host& host);
void save_logons(Host& host);

/// Runs `work(index)` on each shard; returns when all have. On a thread that may block.
void on_every_shard(Host& host, const std::function<void(std::size_t)>& work);

}  // namespace chancery
