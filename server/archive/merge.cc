#include "archive/merge.h"

#include <algorithm>
#include <bit>
#include <memory>

#include "archive/run_builder.h"

namespace chancery::archive {
namespace {

constexpr int fan_in_bits = 4;
constexpr std::size_t blocks_in_a_transaction = 4'096;

int class_of(std::uint64_t records) { return (std::bit_width(records) - 1) / fan_in_bits; }

/// Goes through the pieces of one run.
class RunReader {
  public:
    RunReader(Store& store, const Run& run, std::uint32_t shift) : store_(store), run_(run), shift_(shift) { next(); }

    const std::optional<Piece>& piece() const { return piece_; }
    std::uint32_t shift() const { return shift_; }
    void next() {
        piece_ = reader_ ? reader_->next() : std::nullopt;
        while (!piece_ && number_ < run_.blocks.size()) {
            block_ = store_.read_block(run_.id, number_++);
            piece_ = reader_.emplace(block_).next();
        }
    }

  private:
    Store& store_;
    const Run& run_;
    const std::uint32_t shift_;
    std::size_t number_ = 0;
    std::string block_;
    std::optional<BlockReader> reader_;
    std::optional<Piece> piece_;
};

/// The reader with the least term, the first of equal ones: runs are in order of position.
RunReader* least(std::vector<std::unique_ptr<RunReader>>& readers) {
    RunReader* best = nullptr;
    for (const auto& reader : readers) {
        if (reader->piece() && (!best || reader->piece()->term < best->piece()->term)) best = reader.get();
    }
    return best;
}

void append_times(Run& merged, const Run& part) {
    for (const auto& [place, time] : part.times) merged.mark(merged.records + place, time);
}

}  // namespace

std::optional<std::size_t> due_merge(const std::vector<RunPtr>& runs, std::uint32_t largest) {
    std::optional<std::size_t> due;
    std::uint64_t records = 0;
    int highest = 0;
    for (auto number = runs.size(); number-- > 0;) {
        if (runs[number]->records >= largest) break;
        highest = std::max(highest, class_of(runs[number]->records));
        records += runs[number]->records;
        const bool is_boundary = number == 0 || class_of(runs[number - 1]->records) > highest;
        if (is_boundary && number + 1 < runs.size() && class_of(records) > highest) due = number;
    }
    return due;
}

void merge(Store& store, std::size_t from) {
    const auto& runs = store.index().runs;
    Run merged{.id = store.next_run(), .first = runs[from]->first, .last_time = runs.back()->last_time};
    std::vector<std::unique_ptr<RunReader>> readers;
    store.begin();
    for (auto number = from; number < runs.size(); ++number) {
        readers.push_back(std::make_unique<RunReader>(store, *runs[number], merged.records));
        append_times(merged, *runs[number]);
        merged.records += runs[number]->records;
    }

    RunBuilder builder([&](std::size_t number, std::string_view block) {
        store.write_block(merged.id, number, block);
        if (number % blocks_in_a_transaction == blocks_in_a_transaction - 1) store.pause();
    });
    while (auto* reader = least(readers)) {
        const auto term = reader->piece()->term;
        do {
            builder.add(*reader->piece(), reader->shift());
            reader->next();
        } while (reader->piece() && reader->piece()->term == term);
    }
    merged.blocks = builder.finish();
    store.commit(std::move(merged), from);
}

}  // namespace chancery::archive
