// Answers one user's questions about the own history.
#pragma once
#include <optional>
#include <string_view>
#include <vector>

#include "archive/history.h"
#include "archive/posting_cursor.h"
#include "archive/sources.h"
#include "journal/lookup.h"

namespace chancery::archive {

/// For one query, on one thread.
class HistoryReader {
  public:
    /// @throws NotReady
    HistoryReader(const Sources& sources, Owner owner);

    /// @throws IndexDamaged, storage::StorageError, journal::FileError
    Result<HistoryPage, HistoryRefusal> page(const HistoryQuery& query);
    std::optional<HistoryBounds> bounds();

  private:
    /// What a query filters by, before it is cut into pages: positions in the index, and those behind it.
    struct Filtered {
        PostingCursor& cursor;
        Position from, to;
        std::vector<Position> tail;
    };

    struct Party {
        Jid jid;
        Owner owner;
    };

    bool contains(Position position);
    Filtered filter(const HistoryQuery& query);
    std::optional<Position> next(Filtered& filtered, Position from);
    std::optional<Position> previous(Filtered& filtered, Position upto);
    std::size_t count(Filtered& filtered, Position to);
    Filtered chosen(std::vector<Position> ids);
    bool put(HistoryItem&& item, const HistoryQuery& query, HistoryPage& page);
    void fill_forward(Filtered& filtered, const HistoryQuery& query, HistoryPage& page);
    void fill_backward(Filtered& filtered, const HistoryQuery& query, HistoryPage& page);
    const Party* party(std::string_view address, const Party* kept = nullptr);
    std::optional<HistoryItem> read(Position position, const std::optional<Jid>& with_full);

    const Sources& sources_;
    const Owner owner_;
    Moment moment_;
    PostingCursor all_;
    std::optional<PostingCursor> with_;  // of those between the owner and one other
    journal::Lookup records_;
    std::size_t page_bytes_ = 0;
    std::vector<Party> known_;  // of this page: most of it is between the same few
    std::size_t next_known_ = 0;
};

}  // namespace chancery::archive
