// The file of the Merkle tree's nodes (merkle.h's post-order, 32 bytes each). Derived: rebuilt from the
// segments.
//
// Concurrency: append() and flush() on one thread; node() on any, for trees up to a size that was flushed.
#pragma once
#include "journal/disk.h"
#include "journal/merkle.h"

namespace chancery::journal {

class TreeFile {
  public:
    /// Opens or creates the file and goes on from a tree of `size` leaves, which it must hold (holds()); what
    /// is behind them is cut off. @throws FileError
    TreeFile(const std::filesystem::path& path, std::uint64_t size, Disk& disk);

    /// Whether the file has the nodes of a tree of `size` leaves and they add up to `root`.
    static bool holds(const std::filesystem::path& path, std::uint64_t size, const Digest& root);

    /// Takes the leaf up; on disk after flush().
    void append(const Digest& leaf);
    /// Writes what was appended. On FileError it is kept, and this can be called again. Does not synchronise.
    void flush();
    std::size_t unwritten_bytes() const { return unwritten_.size(); }
    void sync() { file_.sync(); }

    std::uint64_t size() const { return peaks_.size(); }
    Digest root() const { return peaks_.root(); }
    Digest node(std::uint64_t number) const;
    NodeSource nodes() const {
        return [this](std::uint64_t number) { return node(number); };
    }
    /// @throws FileError when it was removed, replaced or shortened
    void check_in_place() const { file_.check_in_place(end_); }

  private:
    File file_;
    Peaks peaks_;
    std::uint64_t end_ = 0;  // bytes in the file
    std::string unwritten_;
};

}  // namespace chancery::journal
