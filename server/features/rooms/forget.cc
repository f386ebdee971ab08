// A person whose account is removed is nobody in the rooms any more: who gets the name later does not get what they were.
//
// What becomes of it is on record in each room. A room that would be left without an owner becomes the administrator's who removes
// the account: somebody must be able to run it or to end it. By the command line nobody does, and the room goes on without
// one until an administrator appoints one (oversight.cc).

#include <algorithm>

#include "features/rooms/change.h"
#include "features/rooms/service.h"

namespace chancery::rooms {
namespace {

bool concerns(const Room& room, const Jid& person) {
    const bool has_invited = std::ranges::any_of(room.invited, [&](const auto& each) { return each.second == person; });
    return room.affiliates.find(person.text()) || room.asking.contains(person) || room.invited.contains(person) || has_invited;
}

/// §9: what an administrator of the room would have written.
std::string request_of(const Jid& administrator, const std::string& room, const std::string& items) {
    std::string stanza = "<iq type='set'";
    xml::append_attribute(stanza, "from", administrator.text());
    xml::append_attribute(stanza, "to", room);
    return stanza + "><query xmlns='http://jabber.org/protocol/muc#admin'>" + items + "</query></iq>";
}

}  // namespace

Task<> Rooms::forget(Jid person, Jid administrator) {
    std::vector<Jid> theirs;
    const auto look = [&](const Room& room) {
        if (concerns(room, person)) theirs.push_back(room.jid());
    };
    co_await on_each_room(look);
    for (const auto& room : theirs) {
        auto work = forget_in(room, person, administrator.bare());
        co_await host_.visit(host_.home_of(room), std::move(work));
    }
}

Task<> Rooms::forget_in(Jid address, Jid person, Jid administrator) {
    const auto room = find(address);
    if (!room) co_return;
    const auto guard = co_await room->changes.lock();
    room->asking.erase(person);
    room->invited.erase(person);
    std::erase_if(room->invited, [&](const auto& each) { return each.second == person; });
    const auto level = room->affiliates.at(person).level;
    if (room->is_gone || level == Affiliation::none) co_return;
    std::vector<Change> changes{{.person = person, .nick = {}, .affiliation = Affiliation::none}};
    // A domain's affiliation is that of everybody there: a room never becomes the server's own, in whose name the command line acts.
    const bool is_somebody = !administrator.is_domain();
    if (is_somebody && level == Affiliation::owner && room->affiliates.with(Affiliation::owner).size() == 1)
        changes.push_back({.person = administrator, .nick = {}, .affiliation = Affiliation::owner});

    co_await change_in_name_of(room, administrator, std::move(changes));
}

Task<> Rooms::change_in_name_of(RoomPtr room, Jid administrator, std::vector<Change> changes) {
    std::string items;
    for (const auto& change : changes) items += item_xml(*change.affiliation, Role::none, change.person->text(), {});
    co_await record(journal::Kind::iq, administrator, room->jid(), request_of(administrator, room->jid().text(), items));
    // From here on it is on record.
    co_await make(room, std::move(changes), {});
}

/// Once at start-up, before the rooms are loaded: whoever was removed before forget() was there is somebody in rooms still.
void Rooms::forget_removed_accounts() {
    const auto& server = host_.domain_jid();
    for (const auto& [room, person] : store_.left_of_removed_accounts()) {
        const auto stanza = request_of(server, room, item_xml(Affiliation::none, Role::none, person, {}));
        try {
            host_.recorder().record_now({.kind = journal::Kind::iq, .record = {.from = server.text(), .to = room, .stanza = stanza}});
        } catch (const NotRecorded& failure) {  // the next start tries again
            log::error("rooms.not_recorded", {{"cause", failure.what()}});
            return;
        }
        store_.forget(room, person);
        log::info("rooms.removed_person_forgotten", {{"room", room}, {"person", person}});
    }
}

}  // namespace chancery::rooms
