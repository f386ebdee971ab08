#include "archive/batch.h"

#include <algorithm>
#include <array>
#include <tuple>
#include <utility>

#include "archive/stanza_text.h"
#include "archive/varint.h"

namespace chancery::archive {
namespace {

constexpr int digit_bits = 11;
constexpr int sorted_bits = 2 * digit_bits;

std::uint8_t role_if(bool condition, std::uint8_t bit) { return condition ? bit : std::uint8_t{0}; }

}  // namespace

void Batch::begin(Position first, std::int64_t time) {
    run_ = Run{.first = first, .last_time = time};
    items_.clear();
}

void Batch::advance(std::optional<std::int64_t> time) {
    if (time) run_.last_time = *time;
    run_.mark(run_.records++, run_.last_time);
}

void Batch::skip(std::optional<std::int64_t> time) { advance(time); }

void Batch::add(std::int64_t time, const RecordView& record, bool has_words) {
    const auto from = owners_.of(bare_part(record.from));
    const auto to = record.to.empty() ? nobody : owners_.of(bare_part(record.to));
    const auto sent = role_if(record.in_sender_history, role::in_history) | role::sender;
    const auto received = role_if(record.in_recipient_history, role::in_history) | role::recipient;
    if (from == to) {
        add_party(from, from, static_cast<std::uint8_t>(sent | received));
    } else {
        add_party(from, to, static_cast<std::uint8_t>(sent));
        if (to != nobody) add_party(to, from, static_cast<std::uint8_t>(received));
    }

    if (has_words) {
        text_.clear();
        terms_.clear();
        append_stanza_text(record.stanza, text_);
        words_.append_terms(text_, terms_);
        for (const auto term : terms_) items_.push_back({term, run_.records << value_bits});
    }
    advance(time);
}

void Batch::add_party(Owner owner, Owner peer, std::uint8_t roles) {
    const auto value = run_.records << value_bits | 1u << role_bits | roles;
    items_.push_back({owner, value});
    if (peer != nobody) items_.push_back({pair_term(owner, peer), value});
}

/// By term, and by place within a term. Terms are uniform hashes, so two passes over the topmost bits leave almost
/// nothing to do.
void Batch::sort() {
    spare_.resize(items_.size());
    for (const int shift : {64 - sorted_bits, 64 - digit_bits}) {
        std::array<std::uint32_t, 1 << digit_bits> ends{};
        const auto digit = [shift](const Item& item) { return (item.term >> shift) & ((1 << digit_bits) - 1); };
        for (const auto& item : items_) ++ends[digit(item)];
        std::uint32_t sum = 0;
        for (auto& end : ends) sum += std::exchange(end, sum);
        for (const auto& item : items_) spare_[ends[digit(item)]++] = item;
        std::swap(items_, spare_);
    }
    const auto top = [](const Item& item) { return item.term >> (64 - sorted_bits); };
    for (std::size_t from = 0, to; from < items_.size(); from = to) {
        bool is_one_term = true;
        for (to = from + 1; to < items_.size() && top(items_[to]) == top(items_[from]); ++to)
            is_one_term = is_one_term && items_[to].term == items_[from].term;
        if (!is_one_term) {
            std::sort(items_.begin() + static_cast<std::ptrdiff_t>(from), items_.begin() + static_cast<std::ptrdiff_t>(to),
                      [](const Item& a, const Item& b) {
                          return std::tie(a.term, a.value) < std::tie(b.term, b.value);
                      });
        }
    }
}

/// Items from..to are of one term.
void Batch::write_list(std::size_t from, std::size_t to, RunBuilder& builder) {
    const auto place = [](const Item& item) { return item.value >> value_bits; };
    const auto roles = [](const Item& item) { return static_cast<std::uint8_t>(item.value & ((1u << role_bits) - 1)); };
    const auto has_roles = [](const Item& item) { return (item.value >> role_bits & 1) != 0; };
    const auto counts = [&](const Item& item) { return (roles(item) & role::in_history) ? 1u : 0u; };
    std::array<char, postings_limit_bytes> postings;
    const auto* const full = postings.data() + postings.size() - 2 * largest_varint;  // the first one is stored with them
    for (const auto *item = &items_[from], *end = item + (to - from); item != end;) {
        Piece piece{.term = item->term,
                    .has_roles = has_roles(*item),
                    .first = {place(*item), roles(*item)},
                    .last_place = place(*item),
                    .counted = counts(*item)};
        auto* out = postings.data();
        for (++item; item != end && has_roles(*item) == piece.has_roles; ++item) {
            if (place(*item) == piece.last_place) continue;  // a word that the text has twice
            if (out > full) break;
            const std::uint64_t distance = place(*item) - piece.last_place;
            out = put_varint(out, piece.has_roles ? distance << role_bits | roles(*item) : distance);
            piece.last_place = place(*item);
            piece.counted += counts(*item);
        }
        piece.rest = {postings.data(), static_cast<std::size_t>(out - postings.data())};
        builder.add(piece);
    }
}

Run Batch::write(RunBuilder::Sink sink) {
    sort();
    RunBuilder builder(std::move(sink));
    for (std::size_t from = 0, to; from < items_.size(); from = to) {
        for (to = from + 1; to < items_.size() && items_[to].term == items_[from].term;) ++to;
        write_list(from, to, builder);
    }
    run_.blocks = builder.finish();
    return std::move(run_);
}

}  // namespace chancery::archive
