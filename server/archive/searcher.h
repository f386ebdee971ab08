// Answers one search of a records officer.
#pragma once
#include <optional>
#include <vector>

#include "archive/posting_cursor.h"
#include "archive/search.h"
#include "archive/search_words.h"
#include "archive/sources.h"
#include "journal/lookup.h"

namespace chancery::archive {

/// For one search, on one thread.
class Searcher {
  public:
    /// @throws NotReady
    Searcher(const Sources& sources, const Search& search, Words& words);

    /// @throws IndexDamaged, storage::StorageError, journal::FileError
    SearchPage page();

  private:
    // Records that have any of some terms; a search asks for all of several.
    using AnyOf = std::vector<PostingCursor>;

    void add_parties();
    std::optional<Position> candidate(Position from, Position end);
    bool look_at(Position position, SearchPage& page);
    bool has_time(Time time) const;
    bool matches(const journal::Entry& entry);

    const Sources& sources_;
    const Search& search_;
    Words& words_;
    SearchWords sought_;
    Moment moment_;
    journal::Lookup records_;
    std::vector<AnyOf> needs_;
    std::size_t looked_at_ = 0;
};

/// The record at a position as a match. @throws journal::FileError
std::optional<Match> read_match(const journal::Journal& journal, Position position);

}  // namespace chancery::archive
