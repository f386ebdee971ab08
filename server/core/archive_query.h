// A request for a page of a history (XEP-0313 §4): a person's own, or a room's.
#pragma once
#include <functional>
#include <optional>
#include <string>

#include "archive/history.h"
#include "xml/element.h"
#include "xmpp/jid.h"

namespace chancery {

struct ArchiveQuery {
    const xml::Element& query;        ///< <query xmlns='urn:xmpp:mam:2'/>; outlives the answer
    Jid owner;                        ///< bare: whose history; the results come from there
    Jid asking;                       ///< full: who gets them
    std::optional<Time> since = {};   ///< nothing older is shown
    bool by_peer = true;              ///< whether the filter `with` may be used
    /// Shows a stanza in another form than that on record; empty: as it is there.
    std::function<void(archive::HistoryItem&)> edit = {};
};

}  // namespace chancery
