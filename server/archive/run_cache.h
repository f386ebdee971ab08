// What one reader of the index remembers: the blocks that it read last, and how long histories are in each run.
//
// Runs never change and their ids are not given twice in one file, so whatever was read and checked once stays right.
// Limits: 64 blocks (260 KiB) and 1,024 lengths.
#pragma once
#include <cstddef>
#include <string>
#include <vector>

#include "archive/run.h"

namespace chancery::archive {

class RunCache {
  public:
    /// The block; where it is not known, what `read(bytes)` makes of the bytes. Valid until the next call.
    template <class Read>
    const std::string& block(RunId run, std::size_t number, Read read) {
        auto& slot = blocks_[(run + number) % blocks_.size()];
        if (slot.run == run && slot.number == number) return slot.bytes;
        slot.run = 0;  // while it is read, and if that fails
        read(slot.bytes);
        slot.run = run;
        slot.number = number;
        return slot.bytes;
    }

    /// How many of the run's records are in the history that the term stands for; where it is not known, `count()`.
    template <class Count>
    std::uint32_t length(RunId run, Term term, Count count) {
        auto& slot = lengths_[(run * 0x9E3779B97F4A7C15 ^ term) % lengths_.size()];
        if (slot.run != run || slot.term != term) slot = {.run = run, .term = term, .length = count()};
        return slot.length;
    }

  private:
    struct Block {
        RunId run = 0;  // no run has this id
        std::size_t number = 0;
        std::string bytes;
    };
    struct Length {
        RunId run = 0;
        Term term = 0;
        std::uint32_t length = 0;
    };
    std::vector<Block> blocks_{64};
    std::vector<Length> lengths_{1'024};
};

}  // namespace chancery::archive
