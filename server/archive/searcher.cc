#include "archive/searcher.h"

#include <algorithm>

#include "archive/record.h"
#include "archive/stanza_text.h"
#include "journal/journal.h"

namespace chancery::archive {
namespace {

constexpr std::size_t records_in_a_page = 5'000;  // read for one call: some ten milliseconds

bool is_refused(std::uint16_t flags) { return (flags & journal::flag::refused) != 0; }

/// An address that was recorded against one that is asked for: all of it, or its bare part.
bool is_like(std::string_view recorded, const std::optional<Jid>& asked) {
    if (!asked) return true;
    return (asked->is_full() ? recorded : bare_part(recorded)) == asked->text();
}

bool is_about(const RecordView& record, const std::optional<Jid>& room) {
    return !room || bare_part(record.from) == room->bare_text() || bare_part(record.to) == room->bare_text();
}

Owner owner_of(const Owners& owners, const std::optional<Jid>& jid) { return jid ? owners.of(*jid) : nobody; }

/// The tail's entries that can match: what only the text tells is found out later.
auto entry_filter(const Owners& owners, const Search& search) {
    return [from = owner_of(owners, search.from), to = owner_of(owners, search.to),
            room = owner_of(owners, search.room), &search](const TailEntry& entry) {
        return (!from || entry.from == from) && (!to || entry.to == to) &&
               (!room || entry.from == room || entry.to == room) && (!search.since || entry.time >= *search.since) &&
               (!search.until || entry.time <= *search.until) && (!search.after || entry.position > *search.after);
    };
}

Match match_of(const journal::Entry& entry) {
    return {.position = entry.position,
            .time = entry.time,
            .kind = static_cast<std::uint16_t>(entry.kind),
            .refused = is_refused(entry.flags),
            .record = decode(entry.text)};
}

std::optional<Match> erased_match(const journal::Journal& journal, Position position) {
    std::optional<Match> match;
    journal.scan_headings(position, [&](const journal::Heading& heading) {
        if (heading.position == position)
            match = Match{.position = position,
                          .time = heading.time,
                          .kind = static_cast<std::uint16_t>(heading.kind),
                          .refused = is_refused(heading.flags),
                          .erased = true};
        return false;
    });
    return match;
}

}  // namespace

std::optional<Match> read_match(const journal::Journal& journal, Position position) {
    const auto entry = journal.read(position);
    if (entry) return match_of(*entry);
    return entry.error() == journal::ReadError::erased ? erased_match(journal, position) : std::nullopt;
}

Searcher::Searcher(const Sources& sources, const Search& search, Words& words)
    : sources_(sources), search_(search), words_(words), sought_(search.words, words),
      moment_(sources, entry_filter(sources.owners, search)), records_(sources.journal) {
    add_parties();
    for (const auto& word : sought_.terms()) {
        auto& need = needs_.emplace_back();
        for (const auto term : word) need.emplace_back(moment_.reading(), term);
    }
}

void Searcher::add_parties() {
    const auto from = owner_of(sources_.owners, search_.from), to = owner_of(sources_.owners, search_.to);
    const auto need = [this](Term term, std::uint8_t roles) {
        needs_.emplace_back().emplace_back(moment_.reading(), term, roles);
    };
    if (from && to && from != to) need(pair_term(from, to), role::sender);
    else if (from || to) {
        if (from) need(from, role::sender);
        if (to) need(to, role::recipient);
    }
    if (search_.room) need(sources_.owners.of(*search_.room), 0);
}

/// The next record in the index that has all that is needed.
std::optional<Position> Searcher::candidate(Position from, Position end) {
    for (std::size_t agreed = 0, turn = 0; agreed < needs_.size(); turn = (turn + 1) % needs_.size()) {
        std::optional<Position> nearest;
        for (auto& cursor : needs_[turn]) {
            const auto found = cursor.at_or_after(from);
            if (found && (!nearest || *found < *nearest)) nearest = found;
        }
        if (!nearest || *nearest >= end) return std::nullopt;
        agreed = *nearest == from ? agreed + 1 : 1;
        from = *nearest;
    }
    return from < end ? std::optional(from) : std::nullopt;
}

SearchPage Searcher::page() {
    const auto& index = moment_.reading().index();
    SearchPage page;
    auto from = search_.after ? *search_.after + 1 : 0;
    if (search_.since) from = std::max(from, first_at_or_after(index, sources_.journal, *search_.since));
    const auto end = search_.until ? first_at_or_after(index, sources_.journal, *search_.until + 1us) : index.end();

    while (const auto at = candidate(from, end)) {
        if (!look_at(*at, page)) return page;
        from = *at + 1;
    }
    for (const auto& entry : moment_.tail()) {
        if (!look_at(entry.position, page)) return page;
    }
    return page;
}

/// Whether to go on.
bool Searcher::look_at(Position position, SearchPage& page) {
    const auto entry = records_.read(position);
    if (entry) {
        if (matches(*entry)) page.matches.push_back(match_of(*entry));
    } else if (entry.error() == journal::ReadError::erased && sought_.empty()) {
        const auto match = erased_match(sources_.journal, position);
        if (match && has_time(match->time)) page.matches.push_back(*match);
    }
    if (page.matches.size() < search_.limit && ++looked_at_ < records_in_a_page) return true;
    page.next = position;
    return false;
}

bool Searcher::has_time(Time time) const {
    return (!search_.since || time >= *search_.since) && (!search_.until || time <= *search_.until);
}

bool Searcher::matches(const journal::Entry& entry) {
    if (!has_time(entry.time)) return false;
    const auto record = view_record(entry.text);
    if (!record) return !search_.from && !search_.to && !search_.room && sought_.empty();
    if (!is_like(record->from, search_.from) || !is_like(record->to, search_.to) || !is_about(*record, search_.room))
        return false;
    if (sought_.empty()) return true;
    std::string text;
    append_stanza_text(record->stanza, text);
    return sought_.match(text, words_);
}

}  // namespace chancery::archive
