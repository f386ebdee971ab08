// Writes the blocks of one run from pieces that come in order of term and place.
#pragma once
#include <functional>
#include <string>
#include <vector>

#include "archive/block.h"

namespace chancery::archive {

class RunBuilder {
  public:
    /// Gets each block, by its number from 0 on.
    using Sink = std::function<void(std::size_t number, std::string_view block)>;

    explicit RunBuilder(Sink sink) : sink_(std::move(sink)) {}

    /// Adds a piece, its places moved by `shift`. It is joined with the one before where that is of the same term.
    void add(const Piece& piece, std::uint32_t shift = 0);
    /// Writes the last block; where each begins.
    std::vector<BlockStart> finish();

  private:
    bool joins(const Piece& piece) const;
    void close_entry();
    void close_block();

    Sink sink_;
    std::vector<BlockStart> starts_;
    std::string block_;

    // The entry that still grows.
    bool is_open_ = false;
    Piece open_;
    std::string postings_;
};

}  // namespace chancery::archive
