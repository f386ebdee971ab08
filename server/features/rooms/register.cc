// Registering with a room (XEP-0045 §7.10): a reserved nickname and membership. In a members-only room its administrators
// are asked first (§9.9).

#include <algorithm>

#include "features/rooms/change.h"
#include "features/rooms/service.h"

namespace chancery::rooms {
namespace {

constexpr std::string_view ns_register = "jabber:iq:register", form_register = "http://jabber.org/protocol/muc#register";
constexpr std::size_t most_asking = 1'000;  // of one room

std::string query(std::string_view content) { return "<query xmlns='jabber:iq:register'>" + std::string(content) + "</query>"; }

}  // namespace

Task<Reply> Rooms::show_registration(RoomPtr room, const StanzaIn& iq) {
    if (room->affiliation_of(iq.from) == Affiliation::outcast) co_return refuse(Condition::not_allowed, "You are banned from this room.");
    const auto* known = room->affiliate(iq.from);
    if (known && !known->nick.empty()) co_return query("<registered/><username>" + xml::escape(known->nick) + "</username>");
    FormWriter form("form", form_register);
    form.title("Register with the room").instructions("Reserve a nickname for yourself.").text("muc#register_roomnick", "Nickname", {});
    co_return query("<instructions>Reserve a nickname for yourself.</instructions>" + form.xml());
}

Task<Reply> Rooms::register_nick(RoomPtr room, const StanzaIn& iq) {
    if (iq.payload->child({"remove", ns_register})) co_return co_await unregister(std::move(room), iq);
    const auto guard = co_await room->changes.lock();
    const auto person = iq.from.bare();
    const auto affiliation = room->affiliation_of(person);
    if (room->is_gone) co_return refuse(Condition::item_not_found, "There is no such room.");
    if (affiliation == Affiliation::outcast) co_return refuse(Condition::not_allowed, "You are banned from this room.");
    const auto* x = iq.payload->child({"x", ns::data_forms});
    const Form form(x ? *x : xml::Element("x", ns::data_forms));
    if (form.type() != "submit" || form.form_type() != form_register)
        co_return refuse(Condition::bad_request, "A filled-in form is expected.");
    const auto address = room->jid().with_resource(form.text("muc#register_roomnick").value_or(""));
    const std::string nick(address ? address->resource() : std::string_view());
    if (auto good = check_nick(nick); !good) co_return std::unexpected(good.error());
    const auto* taken = room->occupant(nick);
    if (room->is_reserved(nick, person) || (taken && taken->person() != person.bare_text()))
        co_return refuse(Condition::conflict, "Somebody else has that nickname.");
    if (room->affiliates.size() >= static_cast<std::size_t>(host_.config().rooms.affiliations) || room->asking.size() >= most_asking)
        co_return refuse(Condition::resource_constraint, "The room has too many members.");
    co_await record(journal::Kind::iq, iq.from, *iq.to, iq.xml);
    if (room->settings.is_members_only && affiliation == Affiliation::none) {
        room->asking.insert_or_assign(person, nick);
        ask_administrators(*room, person, nick);
        co_return std::string();
    }
    const auto before = room->affiliates.now(std::vector{person});
    auto affiliate = room->affiliates.at(person);
    affiliate.level = std::max(affiliation, Affiliation::member);
    affiliate.nick = nick;
    const Change change{.person = person, .nick = nick, .affiliation = affiliate.level};
    room->affiliates.set(person, std::move(affiliate));
    try {
        if (room->is_stored) co_await store_.save_affiliates(*room, {person});
    } catch (...) {
        room->affiliates.put_back(before);
        throw;
    }
    if (affiliation == Affiliation::none && !room->is_gone) apply_affiliation(*room, change, {}, before);
    co_return std::string();
}

void Rooms::ask_administrators(Room& room, const Jid& person, const std::string& nick) {
    FormWriter form("form", form_register);
    form.title("Somebody asks to become a member")
        .instructions("May this person enter the room?")
        .text("muc#register_jid", "Address", person.text(), "jid-single")
        .text("muc#register_roomnick", "Nickname", nick)
        .flag("muc#register_allow", "Admit this person", false);
    std::string xml = "<message";
    xml::append_attribute(xml, "from", room.jid().text());
    xml += ">" + form.xml() + "</message>";
    for (const auto& moderator : room.occupants().in_role(Role::moderator)) {
        if (room.affiliation_of(moderator->shown().jid) < Affiliation::admin) continue;
        for (const auto& device : moderator->devices) host_.send_to(device.jid, addressed(xml, device.jid));
    }
}

Task<Reply> Rooms::unregister(RoomPtr room, const StanzaIn& iq) {
    const auto guard = co_await room->changes.lock();
    const auto person = iq.from.bare();
    auto affiliate = room->affiliates.at(person);
    if (room->is_gone || affiliate.level < Affiliation::member)
        co_return refuse(Condition::item_not_found, "You are not registered with this room.");
    co_await record(journal::Kind::iq, iq.from, *iq.to, iq.xml);
    const auto before = room->affiliates.now(std::vector{person});
    const bool stays = affiliate.level >= Affiliation::admin;
    affiliate.nick.clear();
    if (!stays) affiliate.level = Affiliation::none;
    room->affiliates.set(person, std::move(affiliate));
    try {
        if (room->is_stored) co_await store_.save_affiliates(*room, {person});
    } catch (...) {
        room->affiliates.put_back(before);
        throw;
    }
    const Change change{.person = person, .nick = {}, .affiliation = Affiliation::none};
    if (!stays && !room->is_gone) apply_affiliation(*room, change, {}, before);
    co_return std::string();
}

}  // namespace chancery::rooms
