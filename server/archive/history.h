// One user's own history (XEP-0313): what may be asked, and a page of the answer.
#pragma once
#include <cstddef>
#include <limits>
#include <optional>
#include <string>
#include <vector>

#include "archive/tail_entry.h"
#include "base/result.h"
#include "xmpp/jid.h"

namespace chancery::archive {

struct HistoryQuery {
    Owner owner = nobody;
    std::optional<Owner> with;     ///< only what was exchanged with this bare address (XEP-0313 §4.1.1)
    std::optional<Jid> with_full;  ///< narrows `with` to one resource; without a resource it narrows nothing
    std::optional<Time> start, end;            ///< both inclusive (§4.1.2)
    std::optional<Position> after, before;     ///< both exclusive; each must be in this user's history
    std::vector<Position> ids;                 ///< only these, each of which must be in it (§4.1.3)
    bool from_end = false;                     ///< the last `max` instead of the first: an empty <before/>
    std::size_t max = 50;
    std::size_t max_bytes = std::numeric_limits<std::size_t>::max();  ///< of stanzas; the first item comes however large it is
    bool count = false;                        ///< fill in `index` and `count`; costs a block or two of each run of the index
};

struct HistoryItem {
    Position position = 0;
    Time time{};
    Jid from;
    std::string stanza;
};

struct HistoryPage {
    std::vector<HistoryItem> items;  ///< oldest first, whichever end they were taken from
    bool complete = false;           ///< nothing more in the direction that was asked for
    /// How many match in all, and how many of them are before the first item. Erased records are counted.
    std::optional<std::size_t> index, count;
};

/// Where a user's history begins and ends (XEP-0313 §4.2).
struct HistoryBounds {
    Position first = 0, last = 0;
    Time first_time{}, last_time{};
};

enum class HistoryRefusal { item_not_found };

}  // namespace chancery::archive
