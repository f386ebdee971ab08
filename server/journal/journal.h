// The record: append-only, encrypted, tamper-evident. What is durable here was said; what is not here was not
// said.
//
// Operation: a shard seals a record (encryption, on its own thread), submits it and forgets it; the journal's
// thread writes everything submitted, synchronises once and calls `settled` with the batch. Readers follow
// durable_end(). Concurrency: every function from any thread; `settled` is called on the journal's thread and
// must not block. Limits: 16 MiB a record; the queue is bounded by its callers, who stop reading from clients
// at queue_limit.
#pragma once
#include <functional>

#include "journal/checkpoint.h"
#include "journal/data_keys.h"
#include "journal/pending.h"
#include "journal/proof.h"
#include "journal/reader.h"
#include "journal/recovery.h"
#include "journal/writer.h"

namespace chancery::journal {

/// Beyond so many queued bytes the shards stop reading from their clients (research/core.md §7.6).
inline constexpr std::size_t queue_limit = 8 << 20;

enum class ReadError {
    erased,   // its key was destroyed by lawful erasure
    damaged,  // not the bytes that were written: chancery archive verify
    no_such,  // no record has that position or place
};

struct Entry {
    Position position = 0;
    Time time{};
    Kind kind{};
    std::uint16_t flags = 0;
    std::uint32_t key_slot = 0;
    Location location;
    std::string text;
};

/// A record without its text: for whoever looks for a kind or a flag and need not decrypt the rest.
struct Heading {
    Position position = 0;
    Time time{};
    Kind kind{};
    std::uint16_t flags = 0;
    std::uint32_t key_slot = 0;
    Location location;
};

class Cursor;
class Lookup;

class Journal {
  public:
    struct Options {
        std::filesystem::path folder;  // segments, tree, checkpoints
        std::filesystem::path keys;    // data-keys, kek, journal-signing
        std::string origin;            // the domain: the name on every checkpoint
        std::size_t segment_bytes = 64 << 20;
        Clock clock = system_now;
        std::chrono::milliseconds tick =
            std::chrono::seconds(1);  // between checkpoints, and between tries to heal
        Disk* disk = &Disk::real();
    };

    /// Opens the journal, or makes it where there is none, and recovers its end.
    /// @param settled  gets a batch's records in their order, linked by `next`, all durable or all refused
    /// @throws OpenError when it is damaged or in use, or keys are missing; FileError
    Journal(Options options, Writer::Settled settled);
    /// Writes what is queued and signs the last checkpoint.
    ~Journal();
    void close();

    /// Encrypts the text into `pending`, under the conversation's key of this month. @throws CryptoError,
    /// FileError
    void seal(Pending& pending, Kind kind, std::uint16_t flags, const ConversationId& conversation,
              std::string_view text);
    /// Hands a sealed record over. It is the journal's until it is settled.
    void submit(Pending& pending) { writer_->submit(pending); }
    std::size_t queued_bytes() const { return writer_->queued_bytes(); }

    /// Reads one durable record. @throws FileError when a file cannot be read
    Result<Entry, ReadError> read(Position position) const;
    Result<Entry, ReadError> read(Location location) const;
    /// Where a durable record is; nothing when there is no such.
    std::optional<Location> locate(Position position) const;

    /// Records below this position are durable. Never decreases.
    Position durable_end() const { return writer_->durable_end(); }
    /// Calls `visit` with every record from a position on, oldest first, until it returns false or
    /// durable_end(). Returns the position to go on from.
    Position scan_headings(Position from, const std::function<bool(const Heading&)>& visit) const;

    Status status() const { return writer_->status(); }
    /// The last signed checkpoint.
    Checkpoint checkpoint() const { return checkpointer_->last(); }
    /// Has everything that is durable now signed, and waits for it (at most `limit`). Blocks: not for a
    /// shard.
    Checkpoint sign_checkpoint(std::chrono::milliseconds limit = std::chrono::seconds(5));
    const VerifierKey& verifier_key() const { return verifier_key_; }

    /// That a record is in the tree of a checkpoint which covers it; the last one, unless another is given.
    /// Nothing when no checkpoint covers it yet. @throws FileError
    std::optional<InclusionProof> prove_inclusion(Position position) const;
    /// That the journal at the later checkpoint contains, unchanged, the journal at the earlier one.
    std::optional<ConsistencyProof> prove_consistency(const Checkpoint& from, const Checkpoint& to) const;

    /// Lawful erasure; see DataKeys::destroy.
    void destroy(std::uint32_t key_slot) { keys_->destroy(key_slot); }
    std::vector<KeySlot> key_slots() const { return keys_->list(); }

  private:
    friend class Cursor;
    friend class Lookup;
    Result<Entry, ReadError> open_record(const RawRecord& raw) const;
    /// `key`: the last one used, or none; the one that was used.
    Result<Entry, ReadError> open_record(const RawRecord& raw, DataKeys::DataKeyPtr& key) const;

    const Options options_;
    VerifierKey verifier_key_;
    Catalog catalog_;
    struct Lock;
    std::unique_ptr<Lock> lock_;
    std::unique_ptr<DataKeys> keys_;
    std::unique_ptr<Checkpointer> checkpointer_;
    std::unique_ptr<Writer> writer_;
};

/// Follows the journal from a position on. One thread at a time; any number of cursors.
class Cursor {
  public:
    Cursor(const Journal& journal, Position from) : journal_(journal), reader_(journal.catalog_, from) {}

    /// The next record, or why it cannot be read (it is passed over then); nothing when all durable ones were
    /// seen: ask again later. @throws FileError
    std::optional<Result<Entry, ReadError>> next();
    /// The position of the record that next() gives next.
    Position position() const { return reader_.position(); }

  private:
    const Journal& journal_;
    RecordReader reader_;
};

}  // namespace chancery::journal
