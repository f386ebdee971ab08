#include "archive/history_reader.h"

#include <algorithm>
#include <limits>

#include "archive/record.h"
#include "journal/journal.h"

namespace chancery::archive {
namespace {

constexpr std::size_t most_reserved = 256;  // items of a page
constexpr auto last_position = std::numeric_limits<Position>::max();

bool is_in_history_of(const TailEntry& entry, Owner owner) {
    return (entry.from == owner && entry.in_sender_history) || (entry.to == owner && entry.in_recipient_history);
}

bool is_between(const TailEntry& entry, Owner owner, Owner peer) {
    return (entry.from == owner && entry.to == peer) || (entry.from == peer && entry.to == owner);
}

}  // namespace

HistoryReader::HistoryReader(const Sources& sources, Owner owner)
    : sources_(sources), owner_(owner),
      moment_(sources, [owner](const TailEntry& entry) { return is_in_history_of(entry, owner); }),
      all_(moment_.reading(), owner, role::in_history), records_(sources.journal) {}

bool HistoryReader::contains(Position position) {
    if (position < moment_.index_end()) return all_.at_or_after(position) == position;
    return std::ranges::binary_search(moment_.tail(), position, {}, &TailEntry::position);
}

HistoryReader::Filtered HistoryReader::filter(const HistoryQuery& query) {
    const auto& index = moment_.reading().index();
    if (query.with) with_.emplace(moment_.reading(), pair_term(owner_, *query.with), role::in_history);
    Filtered filtered{query.with ? *with_ : all_, 0, index.end(), {}};
    if (query.start) filtered.from = first_at_or_after(index, sources_.journal, *query.start);
    if (query.end) filtered.to = first_at_or_after(index, sources_.journal, *query.end + 1us);
    for (const auto& entry : moment_.tail()) {
        if (query.with && !is_between(entry, owner_, *query.with)) continue;
        if ((query.start && entry.time < *query.start) || (query.end && entry.time > *query.end)) continue;
        filtered.tail.push_back(entry.position);
    }
    return filtered;
}

std::optional<Position> HistoryReader::next(Filtered& filtered, Position from) {
    from = std::max(from, filtered.from);
    if (from < filtered.to) {
        const auto found = filtered.cursor.at_or_after(from);
        if (found && *found < filtered.to) return found;
    }
    const auto found = std::ranges::lower_bound(filtered.tail, from);
    return found == filtered.tail.end() ? std::nullopt : std::optional(*found);
}

std::optional<Position> HistoryReader::previous(Filtered& filtered, Position upto) {
    const auto behind = std::ranges::upper_bound(filtered.tail, upto);
    if (behind != filtered.tail.begin()) return *std::prev(behind);
    if (filtered.from >= filtered.to) return std::nullopt;
    const auto found = filtered.cursor.at_or_before(std::min(upto, filtered.to - 1));
    return found && *found >= filtered.from ? found : std::nullopt;
}

/// How many there are before a position.
std::size_t HistoryReader::count(Filtered& filtered, Position to) {
    const auto in_tail = std::ranges::lower_bound(filtered.tail, to) - filtered.tail.begin();
    const auto end = std::min(to, filtered.to);
    const auto in_index = filtered.from < end ? filtered.cursor.count_history(filtered.from, end) : 0;
    return in_index + static_cast<std::size_t>(in_tail);
}

Result<HistoryPage, HistoryRefusal> HistoryReader::page(const HistoryQuery& query) {
    for (const auto& bound : {query.after, query.before}) {
        if (bound && !contains(*bound)) return refusal(HistoryRefusal::item_not_found);
    }
    if (!std::ranges::all_of(query.ids, [this](Position id) { return contains(id); }))
        return refusal(HistoryRefusal::item_not_found);

    auto filtered = query.ids.empty() ? filter(query) : chosen(query.ids);
    HistoryPage page;
    page.items.reserve(std::min(query.max, most_reserved));
    if (query.from_end) fill_backward(filtered, query, page);
    else fill_forward(filtered, query, page);

    const bool is_countable = !query.with_full || query.with_full->is_bare();
    if (query.count && is_countable) {
        page.count = count(filtered, last_position);
        if (!page.items.empty()) page.index = count(filtered, page.items.front().position);
    }
    return page;
}

/// Exactly the messages asked for by id, of which page() cuts pages like of any others.
HistoryReader::Filtered HistoryReader::chosen(std::vector<Position> ids) {
    std::ranges::sort(ids);
    const auto repeated = std::ranges::unique(ids);
    ids.erase(repeated.begin(), repeated.end());
    return {all_, 0, 0, std::move(ids)};
}

/// Puts an item on the page, if there is room. A page is never empty because its first item is large.
bool HistoryReader::put(HistoryItem&& item, const HistoryQuery& query, HistoryPage& page) {
    if (page.items.size() >= query.max) return false;
    if (!page.items.empty() && page_bytes_ + item.stanza.size() > query.max_bytes) return false;
    page_bytes_ += item.stanza.size();
    page.items.push_back(std::move(item));
    return true;
}

void HistoryReader::fill_forward(Filtered& filtered, const HistoryQuery& query, HistoryPage& page) {
    const auto end = query.before.value_or(last_position);
    for (auto at = next(filtered, query.after ? *query.after + 1 : 0); at && *at < end; at = next(filtered, *at + 1)) {
        auto item = read(*at, query.with_full);
        if (!item) continue;
        if (!put(std::move(*item), query, page)) return;
    }
    page.complete = true;
}

void HistoryReader::fill_backward(Filtered& filtered, const HistoryQuery& query, HistoryPage& page) {
    const auto first = query.after ? *query.after + 1 : 0;
    page.complete = true;
    auto at = query.before == Position{0} ? std::nullopt
                                          : previous(filtered, query.before ? *query.before - 1 : last_position);
    while (at && *at >= first) {
        auto item = read(*at, query.with_full);
        if (item && !put(std::move(*item), query, page)) {
            page.complete = false;
            break;
        }
        if (*at == 0) break;
        at = previous(filtered, *at - 1);
    }
    std::ranges::reverse(page.items);
}

/// Who has the address, until another is asked for without saying that this one is to be kept; nobody for what is no address.
const HistoryReader::Party* HistoryReader::party(std::string_view address, const Party* kept) {
    constexpr std::size_t few = 8;
    const auto found = std::ranges::find(known_, address, [](const Party& party) { return std::string_view(party.jid.text()); });
    if (found != known_.end()) return &*found;
    auto jid = Jid::parse(address);
    if (!jid) return nullptr;
    const auto owner = sources_.owners.of(*jid);
    if (known_.empty()) known_.reserve(few);
    if (known_.size() < few) return &known_.emplace_back(std::move(*jid), owner);
    if (&known_[next_known_ % few] == kept) ++next_known_;
    auto& oldest = known_[next_known_++ % few];
    oldest = {std::move(*jid), owner};
    return &oldest;
}

std::optional<HistoryItem> HistoryReader::read(Position position, const std::optional<Jid>& with_full) {
    auto entry = records_.read(position);
    if (!entry) return std::nullopt;  // erased; or damaged, which the indexer has reported
    const auto record = view_record(entry->text);
    if (!record) return std::nullopt;

    // The index has led here by hashes. Whose history it is, the record itself decides.
    const auto* from = party(record->from);
    const auto* to = record->to.empty() ? from : party(record->to, from);
    if (!from || !to) return std::nullopt;
    const bool is_sender = record->in_sender_history && from->owner == owner_;
    const bool is_recipient = record->in_recipient_history && !record->to.empty() && to->owner == owner_;
    if (!is_sender && !is_recipient) return std::nullopt;
    if (with_full && with_full->is_full()) {
        const bool matches = (is_sender && record->to == with_full->text()) ||
                             (is_recipient && record->from == with_full->text());
        if (!matches) return std::nullopt;
    }

    // The stanza is the record's end: what stands before it goes, and the memory is the item's.
    entry->text.erase(0, entry->text.size() - record->stanza.size());
    return HistoryItem{.position = position, .time = entry->time, .from = from->jid, .stanza = std::move(entry->text)};
}

std::optional<HistoryBounds> HistoryReader::bounds() {
    auto filtered = filter({.owner = owner_});
    std::optional<HistoryItem> first, last;
    for (auto at = next(filtered, 0); at && !first; at = next(filtered, *at + 1)) first = read(*at, std::nullopt);
    if (!first) return std::nullopt;
    for (auto at = previous(filtered, last_position); at && !last; at = previous(filtered, *at - 1))
        last = read(*at, std::nullopt);
    return HistoryBounds{first->position, last->position, first->time, last->time};
}

}  // namespace chancery::archive
