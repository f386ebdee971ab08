// Bookmarks of rooms as old clients keep them (XEP-0048, in private storage or in one item) and as new ones do (XEP-0402, an
// item each), of which the new form is the one that counts.
#pragma once
#include <optional>
#include <vector>

#include "features/pubsub/engine.h"

namespace chancery::pubsub {

inline constexpr std::string_view bookmarks_node = "urn:xmpp:bookmarks:1", old_bookmarks_node = "storage:bookmarks";
inline constexpr xml::Tag storage_tag{"storage", "storage:bookmarks"};

/// XEP-0048's <conference/> for an item; nothing when the item's id is no address.
std::optional<xml::Element> old_bookmark(const Item& item);
/// The item for a <conference/>, which keeps the extensions of the one that is there already (XEP-0402 §3); nothing when the
/// conference has no address.
std::optional<Item> new_bookmark(const xml::Element& conference, const Item* present);

/// Everybody's <storage/> is what is in their node, and the parts that have no place there: `rest`.
Task<xml::Element> old_bookmarks(Host& host, Jid owner, xml::Element rest);
/// Makes the node say what the <storage/> says, and tells who is to know. The owner's turn is held, and the change on record.
Task<Result<void, StanzaError>> take_old_bookmarks(Host& host, Jid owner, xml::Element storage);

}  // namespace chancery::pubsub
