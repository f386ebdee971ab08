// One query's snapshot of the index, and the pool of connections that snapshots are read through.
#pragma once
#include <filesystem>
#include <memory>
#include <mutex>
#include <vector>

#include "archive/store.h"

namespace chancery::archive {

/// Hands out snapshots of the index in force. Every function on every thread.
class Readers {
  public:
    explicit Readers(std::filesystem::path file) : file_(std::move(file)) {}

    /// The index as it is committed now; nothing while there is none.
    void publish(IndexPtr index);
    IndexPtr published() const;

  private:
    friend class Reading;
    std::unique_ptr<StoreReader> borrow();
    void give_back(std::unique_ptr<StoreReader> reader);

    const std::filesystem::path file_;
    mutable std::mutex guard_;
    IndexPtr index_;
    std::vector<std::unique_ptr<StoreReader>> idle_;
};

/// A snapshot. One thread.
class Reading {
  public:
    /// @throws NotReady when there is no index, storage::StorageError when it cannot be read
    explicit Reading(Readers& readers);
    ~Reading();
    Reading(const Reading&) = delete;

    const Index& index() const { return *index_; }
    /// Valid until the next one is asked for. @throws IndexDamaged
    const std::string& block(const Run& run, std::size_t number) { return reader_->block(run.id, number); }
    /// How many of the run's records are in the history that the term stands for: known, or what `count()` says.
    template <class Count>
    std::uint32_t history_length(const Run& run, Term term, Count count) {
        return reader_->cache().length(run.id, term, count);
    }

  private:
    Readers& readers_;
    IndexPtr index_;
    std::unique_ptr<StoreReader> reader_;
};

}  // namespace chancery::archive
