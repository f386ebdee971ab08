// Entering a room (XEP-0045 §7.2), and making one (§10.1). The order of what who enters is told is that of §7.1: the
// others' presence, the own, the past, the subject, and then what is said.

#include <algorithm>

#include "base/crypto.h"
#include "features/rooms/card.h"
#include "features/rooms/service.h"

namespace chancery::rooms {
namespace {

constexpr std::size_t page_presences = 100;            // of the list of occupants, told at a time
constexpr std::size_t unsent_limit_bytes = 256 * 1024; // of what a client has not read, before it is told more
constexpr std::chrono::milliseconds reading_limit{30'000}, reading_pause{20};
constexpr std::size_t of_a_guess = 1'000;              // what a wrong password counts for, as if so many were told

enum class Reading { gone, behind, ready };

/// Many stanzas in one letter to the device's home.
void send_all(Host& host, const Jid& device, std::vector<std::string> stanzas) {
    if (!host.is_local(device)) {
        for (auto& stanza : stanzas) host.send_to(device, std::move(stanza));
        return;
    }
    host.at_home(device, [device, stanzas = std::move(stanzas)](Home& home) mutable {
        auto* session = home.find(device);
        for (auto& stanza : stanzas)
            if (session) session->send(std::move(stanza));
    });
}

}  // namespace

Task<> Rooms::enter(StanzaIn stanza, PresenceIn presence) {
    const auto jid = stanza.to->bare();
    const std::string nick(stanza.to->resource());
    auto room = find(jid);
    auto allowed = may_enter(room.get(), stanza.from, nick, presence.password);
    const bool is_new = !room;
    if (allowed && is_new) allowed = co_await may_create(stanza.from.bare());
    if (!allowed && allowed.error().condition == Condition::not_authorized) (void)room->take_on(stanza.from, of_a_guess);

    // On record without the password, before anybody sees the newcomer.
    const std::string_view what = !is_new ? "<x xmlns='http://jabber.org/protocol/muc'/>"
                                       : "<x xmlns='http://jabber.org/protocol/muc#user'><status code='201'/></x>";
    std::string as_recorded = "<presence";
    xml::append_attribute(as_recorded, "from", stanza.from.text());
    xml::append_attribute(as_recorded, "to", stanza.to->text());
    as_recorded.append(">").append(what).append("</presence>");
    co_await record(journal::Kind::presence, stanza.from, *stanza.to, std::move(as_recorded), allowed ? nullptr : &allowed.error());

    room = find(jid);
    if (allowed) allowed = may_enter(room.get(), stanza.from, nick, presence.password);
    if (allowed && !room && !is_new) allowed = refuse(Condition::item_not_found, "The room has just ended.");  // nor may everybody make one
    if (!allowed) co_return host_.send_error(stanza.from, "presence", *stanza.to, stanza.id, allowed.error());
    const bool is_made = !room;
    if (is_made) {
        room = std::make_shared<Room>(host_, jid, host_.now());
        room->is_locked = room->is_recent_loaded = true;  // §10.1.1: until its owner has configured it
        room->affiliates.set(stanza.from.bare(), {.level = Affiliation::owner});
        shelf_of(jid).emplace(jid.text(), room);
    }
    co_await admit(std::move(room), stanza.from, nick, std::move(presence), is_made);
}

Result<void, StanzaError> Rooms::may_enter(Room* room, const Jid& device, std::string_view nick, std::string_view password) {
    if (!room) return {};
    const auto affiliation = room->affiliation_of(device);
    const auto& settings = room->settings;
    if (affiliation == Affiliation::outcast) return refuse(Condition::forbidden, "You are banned from this room.");
    if (room->is_locked && affiliation != Affiliation::owner)
        return refuse(Condition::item_not_found, "This room is not open yet.");
    if (settings.is_members_only && affiliation < Affiliation::member)
        return refuse(Condition::registration_required, "Only members may enter this room.");
    if (settings.has_password && affiliation != Affiliation::owner && !constant_time_equal(settings.password, password))
        return refuse(Condition::not_authorized, "This room needs a password.");
    const auto* taken = room->occupant(nick);
    if ((taken && taken->person() != device.bare_text()) || room->is_reserved(nick, device))
        return refuse(Condition::conflict, "Somebody else has that nickname.");
    const auto most = settings.most_occupants && affiliation < Affiliation::admin ? settings.most_occupants : host_.config().rooms.occupants;
    if (room->occupants().device_count() >= static_cast<std::size_t>(std::min(most, host_.config().rooms.occupants)))
        return std::unexpected(StanzaError{Condition::service_unavailable, "The room is full.", "wait"});
    return {};
}

Task<Result<void, StanzaError>> Rooms::may_create(Jid person) {
    const auto& limits = host_.config().rooms;
    const bool is_admin = host_.is_account(person) && host_.accounts().has_role(person.local(), "administrator");
    const bool may = is_admin || (limits.creators == "everybody" && host_.is_account(person));
    if (!may) co_return refuse(Condition::not_allowed, "There is no such room, and you may not make one.");
    std::size_t all = 0, own = 0;
    const auto count = [&](const Room& room) {
        ++all;
        if (room.affiliates.at(person).level == Affiliation::owner) ++own;
    };
    co_await on_each_room(count);
    if (all >= static_cast<std::size_t>(limits.rooms)) co_return refuse(Condition::resource_constraint, "There are too many rooms.");
    if (own >= static_cast<std::size_t>(limits.rooms_per_person))
        co_return refuse(Condition::resource_constraint, "You have too many rooms.");
    co_return Result<void, StanzaError>();
}

Task<> Rooms::admit(RoomPtr room, Jid device, std::string nick, PresenceIn presence, bool is_new) {
    const bool is_large = room->shown_count() > page_presences;
    const auto said_before = room->said;
    room->leaving.erase(device);
    auto* known = room->occupant_on(device);  // it lost its state and enters again (§7.2.1)
    auto& here = known ? *known : room->put_in(nick, device, presence.payload);
    room->begin_arrival(device);
    std::vector<int> codes;
    if (!room->settings.is_anonymous) codes.push_back(100);
    codes.push_back(170);  // what is said here is on the record
    if (is_new) codes.push_back(201);
    room->show(here, {.not_to = device.text()});

    auto arrival = arrive(room, device, std::move(presence), std::move(codes), said_before);
    // Who enters a large room is heard meanwhile: they have to acknowledge what they are told (XEP-0198).
    if (is_large) host_.home_of(room->jid()).tasks().spawn(std::move(arrival));
    else co_await arrival;
}

Task<> Rooms::arrive(RoomPtr room, Jid device, PresenceIn presence, std::vector<int> codes, std::uint64_t said_before) {
    for (auto next = show_others(*room, device, {}); next; next = show_others(*room, device, std::move(*next))) {
        const bool reads = co_await has_room_to_read(device);
        if (room->is_gone || !room->occupant_on(device)) co_return;
        if (!reads) co_return remove(*room, device, {.is_unavailable = true, .codes = {333}});
    }
    if (room->card_hash.size()) host_.send_to(device, addressed(presence_of_room(*room), device));
    const auto* here = room->occupant_on(device);
    host_.send_to(device, addressed(as_own(room->presence_of(*here, {}, true), codes), device));

    if (!room->is_recent_loaded) co_await load_recent(room);
    if (room->is_gone || !room->occupant_on(device)) co_return;
    show_history(*room, device, presence, said_before);
    show_subject(*room, device);
    room->end_arrival(device);
}

/// Who moves across the place where a page ends is shown when they move.
std::optional<Rooms::Place> Rooms::show_others(Room& room, const Jid& device, Place place) {
    const auto* own = room.occupant_on(device);
    const bool sees_addresses = room.sees_addresses(*own);
    std::vector<std::string> page;
    for (; place.role > Role::none; place = {.role = static_cast<Role>(static_cast<int>(place.role) - 1)}) {
        if (!room.settings.shows[static_cast<std::size_t>(place.role)]) continue;
        const auto& list = room.occupants().in_role(place.role);
        for (auto other = list.upper_bound(place.nick); other != list.end(); ++other) {
            if (other->get() == own) continue;
            if (page.size() == page_presences) {
                send_all(host_, device, std::move(page));
                return place;
            }
            page.push_back(addressed(room.presence_of(**other, {}, sees_addresses), device));
            place.nick = (*other)->nick;
        }
    }
    send_all(host_, device, std::move(page));
    return std::nullopt;
}

/// Waits until the client has taken most of what it was told; false when it reads nothing for long.
Task<bool> Rooms::has_room_to_read(Jid device) {
    co_await net::hop(net::Shard::current());  // others' stanzas come in between
    if (!host_.is_local(device)) co_return true;
    const auto unacknowledged = static_cast<std::size_t>(host_.config().limits.unacknowledged) / 4;
    const auto look = [device, unacknowledged](Home& home) {
        auto* session = home.find(device);
        if (!session) return Reading::gone;
        const bool is_behind = session->stream.unacknowledged.size() > unacknowledged ||
                               (session->link() && session->link()->unsent() > unsent_limit_bytes);
        return is_behind ? Reading::behind : Reading::ready;
    };
    for (const auto deadline = host_.now() + reading_limit; host_.now() < deadline;) {
        const auto reading = co_await host_.ask(device, look);
        if (reading != Reading::behind) co_return reading == Reading::ready;
        co_await net::sleep(reading_pause);
    }
    co_return false;
}

}  // namespace chancery::rooms
