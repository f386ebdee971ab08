// A records officer's search over all of the record: what may be asked, and what was found.
#pragma once
#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "archive/record.h"
#include "archive/tail_entry.h"

namespace chancery::archive {

struct Search {
    std::optional<Jid> from, to;  ///< bare addresses; a resource narrows further
    std::optional<Jid> room;      ///< sender or recipient is this room or one of its occupants
    std::optional<Time> since, until;  ///< both inclusive
    /// All of these must occur in the body or the subject, in any inflection of the configured languages, with or
    /// without accents. What stands in "quotation marks" must occur literally but for case. Empty: every record.
    std::string words;
    std::optional<Position> after;  ///< exclusive: where the page before ended
    std::size_t limit = 50;
};

struct Match {
    Position position = 0;
    Time time{};
    std::uint16_t kind = 0;          ///< journal::Kind
    bool refused = false;            ///< policy refused it: `record->rule` and `record->reason` say why
    bool erased = false;             ///< its key was destroyed: there is no record any more
    std::optional<Record> record;    ///< nothing when it is erased or not a record of messages
};

struct SearchPage {
    std::vector<Match> matches;  ///< by position
    /// Set when there may be more: give it as Search::after. The page may be short of `limit` even so, because one
    /// call reads a bounded number of records.
    std::optional<Position> next;
};

}  // namespace chancery::archive
