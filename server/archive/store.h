// The index on disk: runs and their blocks in one SQLite file, which can be deleted at any time.
//
// Surprising: SQLite gives atomic commits and snapshots, not the lookup: a block is found by the run's directory, which
// is in memory. WAL with synchronous=NORMAL: what a power cut takes away is indexed again from the journal.
#pragma once
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "archive/run.h"
#include "archive/run_cache.h"
#include "storage/connection.h"

namespace chancery::archive {

/// Writes. One thread at a time, and one store for a file.
class Store {
  public:
    /// Opens the file, or makes an empty one where it is missing or of another `identity`: what it was built from and
    /// how. @throws storage::StorageError, IndexDamaged
    Store(const std::filesystem::path& file, std::string_view identity);

    const Index& index() const { return index_; }

    /// The id for the next run. What is written under it is seen once the run is committed.
    RunId next_run() { return next_run_++; }
    void begin();
    void write_block(RunId run, std::size_t number, std::string_view block);
    /// Ends the transaction, so that it does not grow too large; what was written is not part of the index yet.
    void pause();
    /// Adds the run in place of those from number `replaced` on (all of them behind its first position), and commits.
    void commit(Run run, std::size_t replaced);
    /// One block, checked. @throws IndexDamaged
    std::string read_block(RunId run, std::size_t number);

  private:
    void create();
    bool is_ours(std::string_view identity);
    void load();
    void remove_blocks(RunId run);

    storage::Connection connection_;
    Index index_;
    RunId next_run_ = 1;
};

/// Reads, beside the writer. One thread at a time.
class StoreReader {
  public:
    explicit StoreReader(const std::filesystem::path& file);

    /// Begins a snapshot; whether it is that of this index. If not, the index is out of date or a commit is on its way.
    bool begin(const Index& index);
    void end() noexcept;
    std::uint64_t stamp() const { return stamp_; }
    /// One block, checked; valid until the next one is asked for. @throws IndexDamaged
    const std::string& block(RunId run, std::size_t number);
    RunCache& cache() { return cache_; }

  private:
    storage::Connection connection_;
    RunCache cache_;
    std::uint64_t stamp_ = 0;
};

/// Whether a failure means that the file will stay unreadable: it is set aside then.
bool is_damage(const std::exception& failure);

/// Removes the file and what SQLite keeps beside it; or moves it away under `new_name`.
void remove_store(const std::filesystem::path& file);
void set_aside(const std::filesystem::path& file, const std::filesystem::path& new_name);

}  // namespace chancery::archive
