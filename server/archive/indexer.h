// The thread that follows the journal and keeps the index.
//
// Operation. Reads what is durable from where the index ends, in batches; each becomes a run in one commit, and runs
// are merged as they add up. What fails is logged and tried again each second; what is damaged is set aside.
// Concurrency: every function on every thread.
#pragma once
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <string>
#include <thread>

#include "archive/batch.h"
#include "archive/reading.h"
#include "archive/tail.h"

namespace chancery::journal {
class Journal;
}

namespace chancery::archive {

class Indexer {
  public:
    struct Setup {
        std::filesystem::path folder;
        Key word_key;
        std::vector<std::string> languages;
        std::string identity;
        std::size_t batch_records;
        std::chrono::milliseconds batch_age;
    };
    struct State {
        Position indexed = 0;
        bool rebuilding = false;
        std::uint64_t unreadable = 0;
        std::string failure;
    };

    Indexer(const journal::Journal& journal, const Owners& owners, Tail& tail, Readers& readers, Setup setup);
    ~Indexer();

    /// Indexes now what is durable, instead of when it has waited long enough.
    void hurry();
    void rebuild();
    /// A reader found the index damaged: it is built anew.
    void distrust();
    State state() const;
    /// Waits until `done(state)`, at most so long; whether it is.
    template <class Done>
    bool wait(std::chrono::milliseconds limit, Done done) const {
        std::unique_lock lock(guard_);
        return changed_.wait_for(lock, limit, [&] { return done(state_); });
    }

  private:
    enum class Order { none, rebuild, set_aside };

    void run();
    bool try_work();
    void work();
    void obey(Order order);
    void open();
    void catch_up();
    bool fill_batch();
    void write_batch();
    void published();
    bool is_stopping() const;

    const journal::Journal& journal_;
    const Owners& owners_;
    Tail& tail_;
    Readers& readers_;
    const Setup setup_;
    const std::filesystem::path file_;

    // The thread's own.
    Words words_;
    Batch batch_;
    std::unique_ptr<Store> store_;

    mutable std::mutex guard_;
    mutable std::condition_variable wake_, changed_;
    State state_;
    Order order_ = Order::none;
    bool stopping_ = false, hurried_ = false;
    std::jthread thread_;
};

}  // namespace chancery::archive
