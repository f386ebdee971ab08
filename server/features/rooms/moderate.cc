// XEP-0425: a moderator takes back what somebody said. Nobody is shown it again; the record keeps it.

#include <algorithm>

#include "base/bytes.h"
#include "base/crypto.h"
#include "features/rooms/service.h"
#include "xml/parse.h"

namespace chancery::rooms {
namespace {

constexpr std::string_view ns_moderate = "urn:xmpp:message-moderate:1", ns_retract = "urn:xmpp:message-retract:1";
constexpr std::size_t reason_limit_bytes = 2'000, most_tombstones = 100'000;  // of one room

std::string moderated_by(const Room& room, const Occupant* moderator) {
    std::string xml = "<moderated xmlns='urn:xmpp:message-moderate:1'";
    xml::append_attribute(xml, "by", moderator ? room.address_of(moderator->nick).text() : room.jid().text());
    xml += ">";
    if (moderator) xml += "<occupant-id xmlns='urn:xmpp:occupant-id:0' id='" + moderator->id() + "'/>";
    return xml + "</moderated>";
}

/// What stands in the archive instead (§5): who said it and when it was taken back, but not what.
std::string tombstone_of(const std::string& stanza, std::string_view content, Time now) {
    const auto document = xml::parse(stanza, xml::limits_of_stored_xml, ns::client);
    const auto root = document ? document->root() : xml::View();
    std::string xml = "<message type='groupchat'";
    xml::append_attribute(xml, "from", root.attribute("from"));
    if (root.has_attribute("id")) xml::append_attribute(xml, "id", root.attribute("id"));
    xml += ">";
    if (const auto id = root.child({"occupant-id", ns_occupant_id})) xml += id.outer_with_namespaces();
    xml += "<retracted xmlns='urn:xmpp:message-retract:1' stamp='" + to_iso(now) + "'>";
    return xml.append(content).append("</retracted></message>");
}

}  // namespace

Task<Reply> Rooms::retract(RoomPtr room, const StanzaIn& iq) {
    const auto guard = co_await room->changes.lock();
    const auto standing = room->standing_of(iq.from);
    if (standing.role != Role::moderator && standing.affiliation < Affiliation::admin)
        co_return refuse(Condition::forbidden, "Only moderators take back what others said.");
    if (!iq.payload->child({"retract", ns_retract})) co_return refuse(Condition::bad_request, "Only retraction is offered.");
    const auto* given = iq.payload->child({"reason", ns_moderate});
    const auto reason = given ? given->text() : std::string();
    if (reason.size() > reason_limit_bytes) co_return refuse(Condition::not_acceptable, "A reason may have 2,000 bytes.");
    const auto position = host_.stanza_ids().position(iq.payload->attribute("id"));
    std::optional<archive::Match> found;
    if (position) {
        const auto read = [this, position] { return host_.archive().show(*position); };
        found = co_await host_.workers().run(read);
    }
    const bool is_here = found && found->record && !found->refused && found->record->to == room->jid() &&
                         found->record->in_recipient_history && found->time >= room->created;
    if (!is_here) co_return refuse(Condition::item_not_found, "There is no message with that id in the room.");
    if (room->tombstones.contains(*position)) co_return std::string();
    if (room->tombstones.size() >= most_tombstones)
        co_return refuse(Condition::resource_constraint, "Too much was taken back in this room.");

    const auto* moderator = room->occupant_on(iq.from);
    const auto content = moderated_by(*room, moderator) + (reason.empty() ? "" : "<reason>" + xml::escape(reason) + "</reason>");
    std::string xml = "<message type='groupchat' id='retraction-" + to_hex(random_bytes(8)) + "'";
    xml::append_attribute(xml, "from", room->jid().text());
    xml += "><retract xmlns='urn:xmpp:message-retract:1'";
    xml::append_attribute(xml, "id", iq.payload->attribute("id"));
    xml += ">" + content + "</retract></message>";
    const auto tombstone = tombstone_of(found->record->stanza, content, host_.now());
    const Recorder::Draft draft{
        .record = {.from = iq.from.text(), .to = room->jid().text(), .stanza = xml, .in_recipient_history = true}};
    const auto receipt = co_await host_.recorder().record(draft);
    // From here on it is on record who took back what.
    if (room->is_stored) co_await store_.save_tombstone(*room, *position, tombstone);
    room->tombstones.emplace(*position, tombstone);
    std::erase_if(room->recent, [&](const Said& said) { return said.position == *position; });
    auto shown = std::make_shared<const std::string>(with_children(xml, host_.stanza_id_of(room->jid(), receipt.position)));
    if (!room->is_gone) room->say(Said{.position = receipt.position, .time = receipt.time, .xml = std::move(shown)});
    co_return std::string();
}

}  // namespace chancery::rooms
