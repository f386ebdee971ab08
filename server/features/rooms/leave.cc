// Leaving a room, whether by one's own will or not (XEP-0045 §7.14, §8.2, §9.1, §14), changing one's nickname (§7.6)
// and one's availability (§7.7).

#include <algorithm>

#include "features/rooms/service.h"

namespace chancery::rooms {
namespace {

/// Makes the device the one whose presence is shown.
void bring_forward(Occupant& occupant, const Jid& device) {
    const auto place = std::ranges::find(occupant.devices, device, &Device::jid);
    std::rotate(place, std::next(place), occupant.devices.end());

}

}  // namespace

Task<> Rooms::leave(StanzaIn stanza) {
    auto room = find(stanza.to->bare());
    if (!room || !room->occupant_on(stanza.from)) co_return;
    auto payload = take_apart(stanza.xml).payload;
    room->leaving.insert(stanza.from);
    try {
        co_await record(journal::Kind::presence, stanza.from, *stanza.to, stanza.xml);
    } catch (const NotRecorded&) {
        payload.clear();  // who is gone is gone, but nobody reads words that are not on record
    }
    // Whoever has come back under the same address meanwhile stays.
    const bool stands = room->leaving.erase(stanza.from) > 0;
    auto* here = room->occupant_on(stanza.from);
    if (!stands || room->is_gone || !here) co_return;
    bring_forward(*here, stanza.from);
    here->devices.back().payload = std::move(payload);
    remove(*room, stanza.from, {.is_unavailable = true});
}

void Rooms::remove(Room& room, const Jid& device, Shown shown) {
    auto* here = room.occupant_on(device);
    if (!here) return;
    if (here->devices.size() == 1) return remove_everywhere(room, *here, std::move(shown));
    // The others of the same person stay.
    bring_forward(*here, device);
    host_.send_to(device, addressed(as_own(room.presence_of(*here, shown, true), shown.own_codes), device));
    room.take_out(device);
    room.show(*here, {});
}

void Rooms::remove_everywhere(Room& room, const Occupant& occupant, Shown shown) {
    room.show(occupant, shown);
    for (const auto& device : occupant.device_addresses()) room.take_out(device);
    drop_if_unused(room);
}

void Rooms::drop_if_unused(Room& room) {
    if (!room.is_empty() || room.is_gone) return;
    if (room.settings.is_persistent && !room.is_locked) {
        if (room.speaking > 0) return;
        room.recent.clear();
        room.is_recent_loaded = false;
        room.live_from = host_.recorder().journal().durable_end();
        return;
    }
    room.is_gone = true;
    shelf_of(room.jid()).erase(room.jid().text());
}

Task<> Rooms::change_nick(RoomPtr room, StanzaIn stanza, PresenceIn presence) {
    const std::string wanted(stanza.to->resource());
    room->leaving.erase(stanza.from);
    const auto judge = [&]() -> Result<void, StanzaError> {
        if (room->occupant(wanted) || room->is_reserved(wanted, stanza.from))
            return refuse(Condition::conflict, "Somebody else has that nickname.");
        return {};
    };
    auto allowed = judge();
    co_await record(journal::Kind::presence, stanza.from, *stanza.to, stanza.xml, allowed ? nullptr : &allowed.error());
    auto* here = room->occupant_on(stanza.from);
    if (room->is_gone || !here) co_return;
    if (allowed) allowed = judge();
    if (!allowed) co_return host_.send_error(stanza.from, "presence", *stanza.to, stanza.id, allowed.error());
    room->show(*here, {.is_unavailable = true, .codes = {303}, .new_nick = wanted});
    room->occupants().rename(*here, wanted);
    bring_forward(*here, stanza.from);
    here->devices.back().payload = std::move(presence.payload);
    room->show(*here, {});
}

void Rooms::change_presence(Room& room, const Jid& device, std::string payload) {
    auto* here = room.occupant_on(device);
    bring_forward(*here, device);
    here->devices.back().payload = std::move(payload);
    room.show(*here, {});
}

}  // namespace chancery::rooms
