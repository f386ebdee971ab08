// Records on their way into the index: collects their postings and writes them as a run.
#pragma once
#include <optional>
#include <string>
#include <vector>

#include "archive/owner.h"
#include "archive/record.h"
#include "archive/run.h"
#include "archive/run_builder.h"
#include "archive/words.h"

namespace chancery::archive {

class Batch {
  public:
    Batch(const Owners& owners, Words& words) : owners_(owners), words_(words) {}

    /// Empties it for records from this position on. `time` is of the record before.
    void begin(Position first, std::int64_t time);

    /// The next record.
    void add(std::int64_t time, const RecordView& record, bool has_words);
    /// The next record, of which nothing can be found but its place. Without a time, that of the one before stands.
    void skip(std::optional<std::int64_t> time);

    std::uint32_t records() const { return run_.records; }
    Position end() const { return run_.end(); }

    /// Gives the blocks to the sink, and the run without an id.
    Run write(RunBuilder::Sink sink);

  private:
    // One posting; `value` is place, whether there are roles, and the roles.
    struct Item {
        Term term;
        std::uint32_t value;
    };
    static constexpr int value_bits = role_bits + 1;

    void advance(std::optional<std::int64_t> time);
    void add_party(Owner owner, Owner peer, std::uint8_t roles);
    void sort();
    void write_list(std::size_t from, std::size_t to, RunBuilder& builder);

    const Owners& owners_;
    Words& words_;
    Run run_;
    std::vector<Item> items_, spare_;
    std::vector<Term> terms_;
    std::string text_;
};

}  // namespace chancery::archive
