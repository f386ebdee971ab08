// The lists of the room and their changes (XEP-0045 §8.2-8.5, §9, §10.3-10.8): kicking, voice, bans, membership, moderators,
// administrators, owners. Several changes in one request are made all or none.

#include <algorithm>

#include "features/rooms/change.h"
#include "features/rooms/service.h"

namespace chancery::rooms {
namespace {

constexpr xml::Tag item_tag{"item", ns_admin}, reason_tag{"reason", ns_admin};
constexpr std::size_t reason_limit_bytes = 2'000, most_changes = 1'000;

std::string reason_of(const xml::Element& item) {
    const auto* reason = item.child(reason_tag);
    return reason ? reason->text() : std::string();
}

/// Whether who asks may see the list of an affiliation (§9.5): also some roles, where addresses are no secret to them.
bool may_list(Room& room, const Jid& asking, Affiliation listed) {
    const auto standing = room.standing_of(asking);
    if (standing.affiliation >= Affiliation::admin) return true;
    const bool sees_addresses = !room.settings.is_anonymous || standing.role == Role::moderator;
    return listed >= Affiliation::member && sees_addresses && room.settings.lists[static_cast<std::size_t>(standing.role)];
}

}  // namespace

Task<Reply> Rooms::list_people(RoomPtr room, const StanzaIn& iq) {
    const auto* item = iq.payload->child(item_tag);
    const auto affiliation = item ? affiliation_of(item->attribute("affiliation")) : std::nullopt;
    const auto role = item ? role_of(item->attribute("role")) : std::nullopt;
    if (affiliation.has_value() == role.has_value()) co_return refuse(Condition::bad_request, "Ask for one affiliation or for one role.");
    std::string items;
    if (affiliation) {
        if (!may_list(*room, iq.from, *affiliation)) co_return refuse(Condition::forbidden, "You may not see that list.");
        for (const auto& [person, affiliate] : room->affiliates) {
            if (affiliate.level != *affiliation) continue;
            auto xml = item_xml(affiliate.level, Role::none, person.text(), affiliate.nick, {}, affiliate.reason);
            constexpr std::string_view role_none = " role='none'";  // this list is not about roles
            items += xml.erase(xml.find(role_none), role_none.size());
        }
    } else {
        const auto standing = room->standing_of(iq.from);
        if (standing.role != Role::moderator && standing.affiliation < Affiliation::admin)
            co_return refuse(Condition::forbidden, "Only moderators may see that list.");
        for (const auto& occupant : room->occupants().in_role(*role)) {
            const auto& address = occupant->shown().jid;
            items += item_xml(room->affiliation_of(address), occupant->role, address.text(), occupant->nick);
        }
    }
    co_return "<query xmlns='http://jabber.org/protocol/muc#admin'>" + items + "</query>";
}

Result<Rooms::Change, StanzaError> Rooms::change_of(Room& room, const Jid& actor, const xml::Element& item) {
    Change change{.reason = reason_of(item)};
    change.affiliation = affiliation_of(item.attribute("affiliation"));
    change.role = role_of(item.attribute("role"));
    change.nick = item.attribute("nick");
    if (change.affiliation.has_value() == change.role.has_value())
        return refuse(Condition::bad_request, "Each item changes an affiliation or a role.");
    if (change.reason.size() > reason_limit_bytes) return refuse(Condition::not_acceptable, "A reason may have 2,000 bytes.");
    const auto* present = change.nick.empty() ? nullptr : room.occupant(change.nick);
    const auto address = item.attribute("jid");
    if (!address.empty()) {
        const auto jid = Jid::parse(address);
        if (!jid) return refuse(Condition::jid_malformed, "The address of the person is not a valid JID.");
        change.person = jid->bare();
        if (change.role) present = room.occupant_on(*jid);
    } else if (present) {
        change.person = present->shown().jid.bare();
    }
    const auto standing = room.standing_of(actor);
    if (change.role) {
        const Standing target{present ? room.affiliation_of(present->shown().jid) : Affiliation::none, present ? present->role : Role::none};
        if (auto allowed = may_set_role(standing, target, *change.role); !allowed) return std::unexpected(allowed.error());
        if (!present) return refuse(Condition::item_not_found, "Nobody has that nickname in the room.");
        change.nick = present->nick;
        return change;
    }
    if (!change.person) return refuse(Condition::bad_request, "An affiliation is that of an address.");
    if (!change.nick.empty()) {
        const auto address = room.jid().with_resource(change.nick);
        change.nick = address ? address->resource() : std::string_view();
        if (auto good = check_nick(change.nick); !good) return std::unexpected(good.error());
    }
    const auto before = room.affiliation_of(*change.person);
    const bool is_self = change.person->bare_text() == actor.bare_text();
    if (*change.affiliation == Affiliation::outcast && is_self && standing.affiliation >= Affiliation::admin)
        return refuse(Condition::conflict, "You cannot ban yourself.");  // §9.1
    if (auto allowed = may_set_affiliation(standing.affiliation, before, *change.affiliation); !allowed)
        return std::unexpected(allowed.error());
    if (!change.nick.empty() && room.is_reserved(change.nick, *change.person))
        return refuse(Condition::conflict, "Somebody else has that nickname.");
    return change;
}

Result<std::vector<Rooms::Change>, StanzaError> Rooms::changes_of(Room& room, const StanzaIn& iq) {
    std::vector<Change> changes;
    const auto owners_before = room.affiliates.with(Affiliation::owner);
    std::set<Jid> owners(owners_before.begin(), owners_before.end());
    for (const auto& item : iq.payload->children()) {
        if (!item.is(item_tag)) continue;
        auto change = change_of(room, iq.from, item);
        if (!change) return std::unexpected(change.error());
        if (change->affiliation == Affiliation::owner) owners.insert(*change->person);
        else if (change->affiliation) owners.erase(*change->person);
        changes.push_back(std::move(*change));
        if (changes.size() > most_changes) return refuse(Condition::not_acceptable, "At most 1,000 changes at once.");
    }
    if (changes.empty()) return refuse(Condition::bad_request, "There is no item to change.");
    if (owners.empty()) return refuse(Condition::conflict, "A room needs an owner.");
    if (room.affiliates.size() + changes.size() > static_cast<std::size_t>(host_.config().rooms.affiliations))
        return refuse(Condition::resource_constraint, "The room has too many members and banned people.");
    return changes;
}

Task<Reply> Rooms::change_people(RoomPtr room, const StanzaIn& iq) {
    const auto guard = co_await room->changes.lock();
    auto changes = changes_of(*room, iq);
    if (!changes) co_return std::unexpected(changes.error());
    co_await record(journal::Kind::iq, iq.from, *iq.to, iq.xml);
    // From here on it is on record.
    const auto* here = room->occupant_on(iq.from);
    co_await make(room, std::move(*changes), here ? here->nick : std::string());
    co_return std::string();
}

Task<> Rooms::make(RoomPtr room, std::vector<Change> changes, std::string actor) {
    std::set<Jid> people;
    for (const auto& change : changes)
        if (change.affiliation) people.insert(*change.person);
    const auto before = room->affiliates.now(people);
    for (const auto& change : changes)
        if (change.affiliation) set_affiliation(*room, change);
    try {
        if (room->is_stored && !people.empty()) co_await store_.save_affiliates(*room, people);
    } catch (...) {
        room->affiliates.put_back(before);
        throw;
    }
    for (const auto& change : changes) {
        if (room->is_gone) co_return;
        if (change.affiliation) apply_affiliation(*room, change, actor, before);
        else apply_role(*room, change, actor);
    }
}

void Rooms::set_affiliation(Room& room, const Change& change) {
    auto affiliate = room.affiliates.at(*change.person);
    affiliate.level = *change.affiliation;
    affiliate.reason = change.reason;
    if (!change.nick.empty()) affiliate.nick = change.nick;
    if (*change.affiliation == Affiliation::outcast) affiliate.nick.clear();
    room.affiliates.set(*change.person, std::move(affiliate));
}

void Rooms::apply_affiliation(Room& room, const Change& change, const std::string& actor, const Affiliates::Map& before) {
    const auto present = room.occupants().of(*change.person);
    const auto known = before.find(*change.person);
    const auto old = known == before.end() ? Affiliation::none : known->second.level;
    for (auto* here : present) {
        const auto now = room.affiliation_of(here->shown().jid);
        const Shown shown{.actor = actor, .reason = change.reason};
        if (now == Affiliation::outcast)
            remove_everywhere(room, *here, {.is_unavailable = true, .codes = {301}, .actor = actor, .reason = change.reason});
        else if (now < Affiliation::member && room.settings.is_members_only)
            remove_everywhere(room, *here, {.is_unavailable = true, .codes = {321}, .actor = actor, .reason = change.reason});
        else set_role(room, *here, now > old ? std::max(here->role, room.settings.role_of(now)) : room.settings.role_of(now), shown);
    }
    // §9.3: who is there learns of members who are not, where addresses are no secret.
    if (!present.empty() || room.settings.is_anonymous || room.is_gone) return;
    room.say(std::make_shared<const std::string>(room.notice({}, item_xml(*change.affiliation, Role::none, change.person->text(), {}))));
}

void Rooms::apply_role(Room& room, const Change& change, const std::string& actor) {
    auto* here = room.occupant(change.nick);
    if (!here || here->person() != change.person->bare_text()) {  // they took another nickname meanwhile, and somebody else perhaps theirs
        const auto theirs = room.occupants().of(*change.person);
        here = theirs.empty() ? nullptr : theirs.front();
    }
    if (!here || here->role == *change.role) return;
    if (*change.role == Role::none)
        remove_everywhere(room, *here, {.is_unavailable = true, .codes = {307}, .actor = actor, .reason = change.reason});
    else set_role(room, *here, *change.role, {.actor = actor, .reason = change.reason});
}

/// Shows the occupant as they are from now on, also to those who have not seen them or will not any more.
void Rooms::set_role(Room& room, Occupant& occupant, Role role, const Shown& shown) {
    const bool was_shown = room.shows(occupant), saw_addresses = room.sees_addresses(occupant);
    room.occupants().set_role(occupant, role);
    room.show(occupant, shown);
    if (was_shown && !room.shows(occupant)) room.hide(occupant);
    if (saw_addresses != room.sees_addresses(occupant)) room.refresh_crowd(occupant);
}

}  // namespace chancery::rooms
