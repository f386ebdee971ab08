// Mediated invitations and their decline (XEP-0045 §7.8.2). What the inviter writes is on record as written; what reaches
// the invited person is a message of the room, which waits for who is away. Direct invitations (XEP-0249) are messages
// between people and do not pass here.

#include <algorithm>

#include "features/rooms/service.h"
#include "xml/parse.h"

namespace chancery::rooms {
namespace {

constexpr xml::Tag x_tag{"x", ns_user}, invite_tag{"invite", ns_user}, decline_tag{"decline", ns_user}, reason_tag{"reason", ns_user};
constexpr std::size_t most_invited = 1'000;     // of one room, who may still decline
constexpr std::size_t most_in_one_message = 20, reason_limit_bytes = 2'000;

struct Letter {
    Jid to;
    std::string reason;
    std::string thread;    ///< §7.9: the conversation that becomes a room's
    bool continues = false;
};

/// The letters of that kind in a message; those to addresses that are none are left out.
std::vector<Letter> letters_in(const std::string& message, xml::Tag kind) {
    std::vector<Letter> letters;
    const auto document = xml::parse(message, xml::limits_of_stored_xml, ns::client);
    if (!document) return letters;
    for (const auto x : document->root().children(x_tag)) {
        for (const auto each : x.children(kind)) {
            auto to = Jid::parse(each.attribute("to"));
            if (!to || letters.size() == most_in_one_message) continue;
            const auto reason = each.child(reason_tag).text().substr(0, reason_limit_bytes);
            const auto continued = each.child({"continue", ns_user});
            letters.push_back({std::move(*to), std::string(reason), std::string(continued.attribute("thread")), bool(continued)});
        }
    }
    return letters;
}

std::string with_reason(std::string_view name, std::string_view from, const Letter& letter) {
    std::string xml = "<" + std::string(name);
    xml::append_attribute(xml, "from", from);
    xml += ">";
    if (!letter.reason.empty()) xml += "<reason>" + xml::escape(letter.reason) + "</reason>";
    if (letter.continues) {
        xml += "<continue";
        if (!letter.thread.empty()) xml::append_attribute(xml, "thread", letter.thread);
        xml += "/>";
    }
    return xml.append("</").append(name).append(">");
}

std::string invitation(const Room& room, std::string_view inviter, const Letter& letter) {
    std::string xml = "<x xmlns='http://jabber.org/protocol/muc#user'>" + with_reason("invite", inviter, letter);
    if (room.settings.has_password) xml += "<password>" + xml::escape(room.settings.password) + "</password>";
    xml += "</x><x xmlns='jabber:x:conference'";  // XEP-0249 §3, for clients that know that only
    xml::append_attribute(xml, "jid", room.jid().text());
    if (!letter.reason.empty()) xml::append_attribute(xml, "reason", letter.reason);
    if (room.settings.has_password) xml::append_attribute(xml, "password", room.settings.password);
    return xml + "/>";
}

}  // namespace

Task<> Rooms::send_from_room(Jid room, Jid to, std::string children) {
    std::string xml = "<message";
    xml::append_attribute(xml, "from", room.text());
    xml::append_attribute(xml, "to", to.text());
    Message message{.from = room, .to = to, .id = {}, .type = MessageType::normal,
                    .traits = {.conversation = true, .content = true}, .xml = xml + ">" + children + "</message>"};
    co_await host_.accept(0, std::make_shared<const Message>(std::move(message)));
}

Task<> Rooms::invite(RoomPtr room, std::shared_ptr<const Message> message, policy::Facts facts) {
    Host::RecordedAs as{.to = message->to.text(), .stanza = {}};
    std::optional<AsyncMutex::Guard> guard;
    if (room) guard.emplace(co_await room->changes.lock());
    const auto receipt = co_await host_.judge_and_record(message, facts, std::move(as));
    if (!receipt || room->is_gone) co_return;

    auto letters = letters_in(message->xml, invite_tag);
    std::erase_if(letters, [this](const Letter& letter) { return host_.service_at(letter.to) != nullptr; });  // rooms are not invited
    const auto is_nobody = [this](const Letter& letter) { return host_.is_local(letter.to) && !host_.is_account(letter.to); };
    if (std::erase_if(letters, is_nobody) > 0)
        host_.send_error(message->from, "message", message->to, message->id, {Condition::item_not_found, "There is nobody at that address."});
    std::set<Jid> admitted;
    for (const auto& letter : letters) {
        const auto person = letter.to.bare();
        if (room->invited.size() >= most_invited) room->invited.erase(room->invited.begin());
        room->invited.insert_or_assign(person, message->from.bare());
        // §7.8.2: who is invited to a members-only room becomes a member.
        const bool has_place = room->affiliates.size() < static_cast<std::size_t>(host_.config().rooms.affiliations);
        if (room->settings.is_members_only && room->affiliation_of(person) == Affiliation::none && has_place) {
            room->affiliates.set(person, {.level = Affiliation::member});
            admitted.insert(person);
        }
    }
    if (room->is_stored && !admitted.empty()) co_await store_.save_affiliates(*room, admitted);
    guard.reset();
    const auto* author = room->occupant_on(message->from);
    const auto inviter = author ? room->address_of(author->nick).text() : std::string(message->from.bare_text());
    for (const auto& letter : letters) {
        auto sent = send_from_room(room->jid(), letter.to, invitation(*room, inviter, letter));
        co_await sent;
    }
}

Task<> Rooms::decline(RoomPtr room, std::shared_ptr<const Message> message, policy::Facts facts) {
    const auto receipt = co_await host_.judge_and_record(message, facts, {.to = message->to.text(), .stanza = {}});
    if (!receipt || room->is_gone) co_return;
    const auto letters = letters_in(message->xml, decline_tag);
    const auto invitation = room->invited.extract(message->from.bare());
    if (!invitation || letters.empty()) co_return;
    const auto children = "<x xmlns='http://jabber.org/protocol/muc#user'>" +
                          with_reason("decline", message->from.bare_text(), letters.front()) + "</x>";
    auto sent = send_from_room(room->jid(), invitation.mapped(), children);
    co_await sent;
}

}  // namespace chancery::rooms
