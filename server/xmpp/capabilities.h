// XEP-0115 1.6: what a presence announces of its client, and the check of what the client then says of itself.
#pragma once
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/hash.h"
#include "xml/document.h"
#include "xml/element.h"

namespace chancery {

/// The <c/> of a presence.
struct AnnouncedCapabilities {
    std::string hash, node, version;

    /// The node to ask about (§6.2): node#ver.
    std::string asked() const { return node + "#" + version; }
    bool operator==(const AnnouncedCapabilities&) const = default;
};

/// Nothing when the presence announces nothing.
std::optional<AnnouncedCapabilities> capabilities_of(xml::View presence);

/// Whether the answer, a disco#info <query/>, is what was announced: §5.4. False also for an ill-formed answer and for a
/// hash function that we do not have.
bool is_as_announced(const AnnouncedCapabilities& announced, const xml::Element& query);

/// §5.1: what is hashed. Nothing for what §5.4 calls ill-formed.
std::optional<std::string> capabilities_text(const xml::Element& query);

/// The features that the query names, in order.
std::vector<std::string> features_of(const xml::Element& query);

}  // namespace chancery
