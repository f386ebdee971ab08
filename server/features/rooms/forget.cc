// A person whose account is removed is nobody in the rooms any more: who gets the name later does not get what they were.
//
// What becomes of it is on record in each room. A room that would be left without an owner becomes the administrator's who removes
// the account: somebody must be able to run it or to end it. By the command line nobody does, and the room goes on without one.

#include <algorithm>

#include "features/rooms/change.h"
#include "features/rooms/service.h"

namespace chancery::rooms {
namespace {

bool concerns(const Room& room, const Jid& person) {
    const bool has_invited = std::ranges::any_of(room.invited, [&](const auto& each) { return each.second == person; });
    return room.affiliates.find(person.text()) || room.asking.contains(person) || room.invited.contains(person) || has_invited;
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

    std::string items;
    for (const auto& change : changes) items += item_xml(*change.affiliation, Role::none, change.person->text(), {});
    std::string stanza = "<iq type='set'";
    xml::append_attribute(stanza, "from", administrator.text());
    xml::append_attribute(stanza, "to", address.text());
    stanza += "><query xmlns='http://jabber.org/protocol/muc#admin'>" + items + "</query></iq>";
    co_await record(journal::Kind::iq, administrator, address, std::move(stanza));
    co_await make(room, std::move(changes), {});
}

}  // namespace chancery::rooms
