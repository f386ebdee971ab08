#include "archive/posting_cursor.h"

#include <algorithm>
#include <limits>

namespace chancery::archive {
namespace {

/// The run that has the position, or the next one; index.runs.size() if it is behind all.
std::size_t run_at(const Index& index, Position position) {
    const auto found = std::ranges::upper_bound(index.runs, position, {}, [](const RunPtr& run) { return run->end(); });
    return static_cast<std::size_t>(found - index.runs.begin());
}

/// The last block that begins at or before the key; 0 if there is none.
std::size_t block_at(const Run& run, const BlockStart& key) {
    const auto next = std::ranges::upper_bound(run.blocks, key);
    return next == run.blocks.begin() ? 0 : static_cast<std::size_t>(next - run.blocks.begin()) - 1;
}

}  // namespace

void PostingCursor::unpack(const Run& run, const Piece& piece) {
    run_ = &run;
    before_ = piece.before;
    postings_.clear();
    append_postings(piece, postings_);
}

bool PostingCursor::covers(Position position) const {
    return run_ && !postings_.empty() && position >= run_->first + postings_.front().place &&
           position <= run_->first + postings_.back().place;
}

/// Unpacks the first piece in the run that ends at or behind the place.
bool PostingCursor::find_forward(std::size_t number, std::uint32_t place) {
    const Run& run = *reading_.index().runs[number];
    if (run.blocks.empty()) return false;
    for (auto at = block_at(run, {term_, place}); at < run.blocks.size() && run.blocks[at].term <= term_; ++at) {
        BlockReader reader(reading_.block(run, at));
        while (const auto piece = reader.next()) {
            if (piece->term > term_) return false;
            if (piece->term == term_ && piece->last_place >= place) return unpack(run, *piece), true;
        }
    }
    return false;
}

/// The last piece in the run that begins at or before the place, with its bytes until the next block is read.
std::optional<Piece> PostingCursor::last_piece(std::size_t number, std::uint32_t place) {
    const Run& run = *reading_.index().runs[number];
    if (run.blocks.empty()) return std::nullopt;
    BlockReader reader(reading_.block(run, block_at(run, {term_, place})));
    std::optional<Piece> last;
    while (const auto piece = reader.next()) {
        if (piece->term > term_) break;
        if (piece->term == term_ && piece->first.place <= place) last = piece;
    }
    return last;
}

bool PostingCursor::find_backward(std::size_t number, std::uint32_t place) {
    const auto last = last_piece(number, place);
    if (last) unpack(*reading_.index().runs[number], *last);
    return last.has_value();
}

std::optional<Position> PostingCursor::at_or_after(Position position) {
    const auto& index = reading_.index();
    for (auto number = run_at(index, position); number < index.runs.size();) {
        const auto& run = *index.runs[number];
        position = std::max(position, run.first);
        const auto place = static_cast<std::uint32_t>(position - run.first);
        if (!covers(position) && !find_forward(number, place)) {
            position = run.end();
            ++number;
            continue;
        }
        for (auto found = std::ranges::lower_bound(postings_, place, {}, &Posting::place); found != postings_.end();
             ++found) {
            if ((found->roles & roles_) == roles_) return run.first + found->place;
        }
        position = run.first + postings_.back().place + 1;
        if (position >= run.end()) ++number;
    }
    return std::nullopt;
}

std::optional<Position> PostingCursor::at_or_before(Position position) {
    const auto& index = reading_.index();
    if (index.runs.empty()) return std::nullopt;
    position = std::min(position, index.end() - 1);
    for (auto number = run_at(index, position);;) {
        const auto& run = *index.runs[number];
        if (covers(position) || find_backward(number, static_cast<std::uint32_t>(position - run.first))) {
            const auto place = static_cast<std::uint32_t>(position - run.first);
            auto found = std::ranges::upper_bound(postings_, place, {}, &Posting::place);
            while (found != postings_.begin()) {
                --found;
                if ((found->roles & roles_) == roles_) return run.first + found->place;
            }
            const auto begin = run.first + postings_.front().place;
            if (begin > run.first) {
                position = begin - 1;
                continue;
            }
        }
        if (number == 0) return std::nullopt;
        --number;
        position = run.first - 1;
    }
}

/// How many of the run's are in the history.
std::uint32_t PostingCursor::length(std::size_t number) {
    return reading_.history_length(*reading_.index().runs[number], term_, [&] {
        const auto last = last_piece(number, std::numeric_limits<std::uint32_t>::max());
        return last ? last->before + last->counted : 0;
    });
}

/// How many of them before the place.
std::size_t PostingCursor::rank(std::size_t number, std::uint32_t place) {
    const Run& run = *reading_.index().runs[number];
    if (place >= run.records) return length(number);
    if (!(run_ == &run && covers(run.first + place)) && !find_forward(number, place)) return length(number);
    const auto is_counted = [&](const Posting& posting) {
        return posting.place < place && (posting.roles & role::in_history) != 0;
    };
    return before_ + static_cast<std::size_t>(std::ranges::count_if(postings_, is_counted));
}

std::size_t PostingCursor::count_history(Position from, Position to) {
    const auto& index = reading_.index();
    std::size_t total = 0;
    for (auto number = run_at(index, from); number < index.runs.size() && index.runs[number]->first < to; ++number) {
        const auto& run = *index.runs[number];
        total += rank(number, static_cast<std::uint32_t>(std::min(to, run.end()) - run.first));
        if (from > run.first) total -= rank(number, static_cast<std::uint32_t>(from - run.first));
    }
    return total;
}

}  // namespace chancery::archive
