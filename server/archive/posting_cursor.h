// Goes through one term's records, in either direction, over all runs of a snapshot.
#pragma once
#include <optional>
#include <string>
#include <vector>

#include "archive/reading.h"

namespace chancery::archive {

class PostingCursor {
  public:
    /// Only postings that have all of `roles`.
    PostingCursor(Reading& reading, Term term, std::uint8_t roles = 0)
        : reading_(reading), term_(term), roles_(roles) {}

    /// The first record at or behind a position; the last one at or before it. Cheap when it is near the one before.
    /// @throws IndexDamaged, storage::StorageError
    std::optional<Position> at_or_after(Position position);
    std::optional<Position> at_or_before(Position position);

    /// How many of an owner's there are in the history from `from` up to, not including, `to`.
    std::size_t count_history(Position from, Position to);

  private:
    bool find_forward(std::size_t number, std::uint32_t place);
    bool find_backward(std::size_t number, std::uint32_t place);
    std::size_t rank(std::size_t number, std::uint32_t place);
    std::uint32_t length(std::size_t number);
    std::optional<Piece> last_piece(std::size_t number, std::uint32_t place);
    void unpack(const Run& run, const Piece& piece);
    bool covers(Position position) const;

    Reading& reading_;
    const Term term_;
    const std::uint8_t roles_;

    // The piece that was unpacked last.
    const Run* run_ = nullptr;
    std::uint32_t before_ = 0;
    std::vector<Posting> postings_;
};

}  // namespace chancery::archive
