// Requests to the room itself about its card, and requests to occupants: XEP-0410, and XEP-0045 §17.4, which passes them on
// to the person's client under the asking one's nickname.

#include "features/rooms/card.h"
#include "features/rooms/service.h"

namespace chancery::rooms {
namespace {

constexpr std::size_t card_limit_bytes = 128 * 1024, most_relayed = 10'000;  // requests of one shard that wait for clients
constexpr std::size_t of_request = 100;  // as if so many were told: one person has not many of those open at once

/// §6.6 has an error of its own for it.
bool is_disco(const xml::Element& payload) {
    return payload.ns() == "http://jabber.org/protocol/disco#info" || payload.ns() == "http://jabber.org/protocol/disco#items";
}

}  // namespace

Task<Reply> Rooms::show_card(RoomPtr room, const StanzaIn&) {
    co_return room->card.empty() ? std::string("<vCard xmlns='vcard-temp'/>") : room->card;
}

Task<Reply> Rooms::change_card(RoomPtr room, const StanzaIn& iq) {
    const auto guard = co_await room->changes.lock();
    if (room->is_gone || room->affiliation_of(iq.from) != Affiliation::owner)
        co_return refuse(Condition::forbidden, "Only owners change the card of the room.");
    auto card = iq.payload->to_string(ns::client);
    if (card.size() > card_limit_bytes) co_return refuse(Condition::not_acceptable, "The card of a room may have 128 KiB.");
    if (auto allowed = room->take_on(iq.from, 2 * room->occupants().device_count()); !allowed) co_return std::unexpected(allowed.error());
    co_await record(journal::Kind::iq, iq.from, *iq.to, iq.xml);
    const auto before = room->card;
    set_card(*room, std::move(card));
    try {
        co_await save_if_persistent(room);
    } catch (...) {
        set_card(*room, before);
        throw;
    }
    if (room->is_gone) co_return std::string();
    room->say(std::make_shared<const std::string>(room->notice({104})));
    room->say(std::make_shared<const std::string>(presence_of_room(*room)));
    co_return std::string();
}

Task<Reply> Rooms::ping(RoomPtr, const StanzaIn&) { co_return std::string(); }

Task<> Rooms::take_iq_for_occupant(StanzaIn iq) {
    auto room = iq.to->local().empty() ? nullptr : find(iq.to->bare());
    const auto* asking = room ? room->occupant_on(iq.from) : nullptr;
    const auto* asked = room ? room->occupant(iq.to->resource()) : nullptr;
    std::optional<StanzaError> refused;
    if (!room) refused = {Condition::item_not_found, "There is no such room."};
    else if (!asking) refused = {is_disco(*iq.payload) ? Condition::bad_request : Condition::not_acceptable, "You are not in this room."};
    else if (!asked) refused = {Condition::item_not_found, "Nobody has that nickname in the room."};
    if (refused) co_return host_.reply(iq, std::unexpected(std::move(*refused)));

    const bool is_ping = iq.type == "get" && iq.payload->is({"ping", "urn:xmpp:ping"});
    if (asking == asked && is_ping) co_return host_.reply(iq, std::string());
    const auto asking_address = room->address_of(asking->nick);
    if (iq.type == "get" && iq.payload->is({"vCard", "vcard-temp"}) && host_.is_account(asked->shown().jid)) {
        const Iq about{.from = asking_address, .to = asked->shown().jid.bare(), .is_set = false, .id = iq.id, .payload = *iq.payload};
        auto answering = host_.answer(about);
        const auto answered = co_await answering;
        co_return host_.reply(iq, answered);
    }
    if (!room->settings.may_write_privately(asking->role))
        co_return host_.reply(iq, refuse(Condition::forbidden, "This room does not allow you to ask its occupants privately."));
    if (auto allowed = room->take_on(iq.from, of_request); !allowed) co_return host_.reply(iq, std::unexpected(allowed.error()));
    auto& tasks = host_.home_of(room->jid()).tasks();
    if (tasks.size() > most_relayed) co_return host_.reply(iq, refuse(Condition::resource_constraint, "Too many requests wait."));
    const auto device = asked->shown().jid;
    tasks.spawn(ask_occupant(std::move(iq), asking_address, device));
}

/// Beside what the asking person does next: their client, or the other, may take its time.
Task<> Rooms::ask_occupant(StanzaIn iq, Jid asking, Jid asked) {
    bool is_recorded = false;
    try {
        co_await record(journal::Kind::iq, iq.from, asked, iq.xml);
        is_recorded = true;
    } catch (const NotRecorded& failure) {
        log::error("rooms.not_recorded", {{"cause", failure.what()}});
    }
    if (!is_recorded) co_return host_.reply(iq, refuse(Condition::resource_constraint, "Not done: the archive is not available"));
    auto payload = iq.payload->to_string(ns::client);
    auto requested = host_.request(asking, asked, iq.type == "set", std::move(payload));
    const auto answer = co_await requested;
    if (!answer) co_return host_.reply(iq, std::unexpected(answer.error()));
    host_.reply(iq, *answer ? (*answer)->to_string(ns::client) : std::string());
}

}  // namespace chancery::rooms
