// Which recorded messages still wait for their recipient, kept so that a crash neither loses nor doubles one.
//
// The journal says what was accepted; the ledger says what of it has been handed over. A message is `added` when its
// record is durable and `settled` when a client has it. After a crash every message that was added and not settled waits
// again. So the state on disk is a snapshot (what waited at some moment, and up to which position), the marks of what
// was settled since, and the journal itself, which is replayed from the snapshot's position.
//
// Concurrency: any thread. Marks reach the kernel at once and survive kill -9; they are not synced, so a power cut can
// make a handed-over message wait again (it keeps its stanza-id), but never lose one.
#pragma once
#include <cstdint>
#include <deque>
#include <filesystem>
#include <mutex>
#include <span>
#include <stdexcept>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "core/stream_log.h"

namespace chancery {

struct LedgerError : std::runtime_error {
    using std::runtime_error::runtime_error;
};

class Ledger {
  public:
    using Position = std::uint64_t;
    using Recipient = std::uint64_t;  ///< a keyed hash of the bare JID; 0: nobody waits for this record

    struct Waiting {
        Position position;
        Recipient recipient;
    };

    /// Reads the snapshot and marks in `directory`, which is made when missing.
    /// @throws LedgerError  unreadable or damaged (deleting the directory is safe: all is replayed from the journal,
    ///                      and messages that were handed over may be handed over again).
    explicit Ledger(std::filesystem::path directory);
    ~Ledger();
    Ledger(const Ledger&) = delete;

    /// The first position that `add` must be called with: the journal is replayed from here at start-up.
    Position next() const;

    /// Takes the next record, in order of position and without gaps. @throws LedgerError on a gap.
    void add(Position position, Recipient recipient);

    /// Marks messages as handed over. A mark that cannot be written is logged and counts in memory all the same.
    void settle(std::span<const Position> positions);

    /// What waits now, in order of position.
    std::vector<Waiting> waiting() const;

    StreamLog& streams() { return streams_; }

    /// Writes a new snapshot and drops the marks before it. Takes milliseconds: not for a shard.
    void snapshot();

  private:
    void load_snapshot();
    void load_marks();
    void open_marks();
    void settle_one(Position position);
    std::filesystem::path marks_file(std::uint64_t generation) const;

    std::filesystem::path directory_;
    StreamLog streams_;
    mutable std::mutex guard_;
    Position base_ = 0;                                   // position of recent_.front()
    std::deque<Recipient> recent_;                        // 0: settled, or nobody waits
    std::unordered_map<Position, Recipient> old_;         // waiting, and before base_
    std::unordered_set<Position> settled_before_replay_;  // marks whose records have not been replayed yet
    std::uint64_t generation_ = 0;
    int marks_ = -1;
};

}  // namespace chancery
