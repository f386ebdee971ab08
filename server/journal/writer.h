// The journal's thread: takes what is queued, writes it, synchronises once, settles; fails closed and heals.
//
// Operation: no timer when it is quiet, a batch is what has queued up while the last one was written. The
// tree is brought up to date behind the settling, off everybody's way. Once in a tick it looks whether the
// files are still there, has a checkpoint signed, or, when failed, tries to go on. Concurrency: one thread
// runs all of it; status(), durable_end() and tree() are for any.
#pragma once
#include <functional>
#include <vector>

#include "journal/checkpointer.h"
#include "journal/data_keys.h"
#include "journal/pending.h"
#include "journal/recovery.h"
#include "journal/tail.h"

namespace chancery::journal {

struct Status {
    bool is_writing = true;  // false: everything submitted is refused until it heals by itself
    std::string reason;      // when it is not: what is wrong and how it is mended
    Position records = 0;
    std::uint32_t segments = 0;
    std::uint64_t bytes = 0;
    std::uint64_t batches = 0;                // since the start, as the following
    std::uint64_t refused = 0;                // records that were not written
    std::chrono::microseconds last_commit{};  // from taking the last batch to its being durable
    std::chrono::microseconds worst_commit{};
    Checkpoint checkpoint;
};

class Writer {
  public:
    using Settled = std::move_only_function<void(Pending* first)>;
    struct Setup {
        std::size_t segment_bytes;
        std::chrono::milliseconds tick;
        Clock clock;
        Disk& disk;
        std::filesystem::path tree_path;
        std::vector<std::filesystem::path> secrets;  // files that the next start will need
    };

    /// @throws OpenError, FileError
    Writer(Setup setup, Catalog& catalog, DataKeys& keys, Checkpointer& checkpointer, const End& end,
           Settled settled);
    ~Writer() { close(); }

    void submit(Pending& pending) {
        queued_bytes_.fetch_add(pending.size_bytes(), std::memory_order_relaxed);
        queue_.push(pending);
    }
    /// Writes what is queued, has the last checkpoint signed, ends the thread.
    void close();

    /// Any thread: lets the journal fail for a reason that another thread has found.
    void report(const std::string& reason);
    /// Any thread: has a checkpoint requested, or healing tried, now instead of at the next tick.
    void nudge();

    Position durable_end() const { return durable_end_.load(std::memory_order_acquire); }
    std::size_t queued_bytes() const { return queued_bytes_.load(std::memory_order_relaxed); }
    Status status() const;
    std::shared_ptr<TreeFile> tree() const;

  private:
    void run();
    void serve(Pending* first);
    Pending* split(Pending* first);
    void commit(Pending* first);
    void place(Pending* first);
    void settle(Pending* first, std::chrono::steady_clock::time_point began);
    void refuse(Pending* first);
    void follow_up();
    void roll();
    void tick();
    void request_checkpoint();
    void check_files();
    void check_some_sealed_segments();
    void fail(const std::string& reason);
    void heal();
    void reopen_tail();
    void start_segment(std::uint32_t number, Position first);

    Setup setup_;
    Catalog& catalog_;
    DataKeys& keys_;
    Checkpointer& checkpointer_;
    Settled settled_;
    std::string journal_;
    Time last_time_;
    Tail tail_;
    Queue queue_;
    std::atomic<std::size_t> queued_bytes_ = 0;
    std::atomic<Position> durable_end_ = 0;

    // The batch being written.
    std::string batch_;
    std::vector<std::uint32_t> offsets_;
    std::chrono::steady_clock::time_point next_batch_{}, next_tick_{};
    std::atomic<bool> tick_now_ = false;
    std::uint32_t next_looked_at_ = 0;

    std::shared_ptr<const std::string> failure_;  // the journal thread's; set: refusing
    mutable std::mutex guard_;                    // what is below
    std::string reported_;
    Status status_;
    std::shared_ptr<TreeFile>
        tree_;  // shared with the checkpointer and readers of proofs; replaced by healing
    std::jthread thread_;
};

}  // namespace chancery::journal
