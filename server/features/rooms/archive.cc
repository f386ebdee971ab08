// The room's archive (XEP-0313 §3.1.2): a view of the record, for whoever may enter the room, from its beginning on. Who said
// what is shown under the nickname; the address beside it only to those who may see it.

#include "features/rooms/service.h"

namespace chancery::rooms {
namespace {

constexpr std::string_view ns_mam = "urn:xmpp:mam:2";

/// Who may enter may read (§8.4.1).
Result<void, StanzaError> may_read(Room& room, const Jid& device) {
    const auto affiliation = room.affiliation_of(device);
    if (affiliation == Affiliation::outcast) return refuse(Condition::forbidden, "You are banned from this room.");
    if (affiliation >= Affiliation::member || room.occupant_on(device)) return {};
    if (room.settings.is_members_only) return refuse(Condition::forbidden, "Only members read what was said in this room.");
    if (room.settings.has_password) return refuse(Condition::forbidden, "Enter the room first.");
    return {};
}

bool may_see_addresses(Room& room, const Jid& device) {
    const auto* here = room.occupant_on(device);
    return here ? room.sees_addresses(*here) : room.affiliation_of(device) >= Affiliation::admin;
}

}  // namespace

Task<Reply> Rooms::describe_archive_form(RoomPtr room, const StanzaIn& iq) {
    if (auto allowed = may_read(*room, iq.from); !allowed) co_return std::unexpected(allowed.error());
    FormWriter form("form", ns_mam);
    for (const auto field : {"with", "start", "end", "before-id", "after-id", "{urn:xmpp:fulltext:0}fulltext"}) form.text(field, {}, {});
    form.list("ids", {}, "list-multi", {}, {});
    co_return "<query xmlns='urn:xmpp:mam:2'>" + form.xml() + "</query>";
}

Task<Reply> Rooms::query_archive(RoomPtr room, const StanzaIn& iq) {
    if (auto allowed = may_read(*room, iq.from); !allowed) co_return std::unexpected(allowed.error());
    const bool sees_addresses = may_see_addresses(*room, iq.from);
    const auto edit = [room, sees_addresses](archive::HistoryItem& item) {
        const auto tombstone = room->tombstones.find(item.position);
        if (tombstone != room->tombstones.end()) item.stanza = tombstone->second;
        if (!sees_addresses || item.from == room->jid()) return;
        auto x = "<x xmlns='http://jabber.org/protocol/muc#user'><item affiliation='" +
                 std::string(name_of(room->affiliation_of(item.from))) + "'";
        xml::append_attribute(x, "jid", item.from.text());
        item.stanza = with_children(item.stanza, x + "/></x>");
    };
    ArchiveQuery query{.query = *iq.payload, .owner = room->jid(), .asking = iq.from, .since = room->created,
                       .by_peer = sees_addresses, .edit = edit};
    co_return co_await host_.query_archive(std::move(query));
}

Task<Reply> Rooms::describe_archive(RoomPtr room, const StanzaIn& iq) {
    if (auto allowed = may_read(*room, iq.from); !allowed) co_return std::unexpected(allowed.error());
    const archive::HistoryQuery first{.owner = host_.archive().owners().of(room->jid()), .start = room->created, .max = 1};
    const auto read = [this, first] {
        auto last = first;
        last.from_end = true;
        return std::pair(host_.archive().history(first), host_.archive().history(last));
    };
    std::optional<decltype(read())> ends;
    try {
        ends.emplace(co_await host_.workers().run(read));
    } catch (const archive::NotReady&) {
    }
    if (!ends || !ends->first || !ends->second)
        co_return refuse(Condition::resource_constraint, "The archive's index is being built. Try again in a moment.");
    xml::Element metadata("metadata", ns_mam);
    for (const auto& [name, page] : {std::pair("start", &*ends->first), std::pair("end", &*ends->second)}) {
        if (page->items.empty()) continue;
        const auto& item = page->items.front();
        metadata.add(xml::Element(name, ns_mam).set("id", host_.stanza_ids().of(item.position)).set("timestamp", to_iso(item.time)));
    }
    co_return metadata.to_string(ns::client);
}

}  // namespace chancery::rooms
