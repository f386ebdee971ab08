// Configuration and end of a room (XEP-0045 §10.1, §10.2, §10.9), by its owners.

#include <algorithm>

#include "features/rooms/change.h"
#include "features/rooms/service.h"

namespace chancery::rooms {
namespace {

constexpr xml::Tag form_tag{"x", ns::data_forms}, destroy_tag{"destroy", ns_owner};
constexpr std::string_view admins_field = "muc#roomconfig_roomadmins", owners_field = "muc#roomconfig_roomowners";
constexpr std::size_t reason_limit_bytes = 2'000, most_told = 250'000;  // presences by one change of settings: seconds of work

bool has_other_roles(const Settings& one, const Settings& other) {
    return one.is_moderated != other.is_moderated || one.is_announcement_only != other.is_announcement_only;
}

std::vector<std::string> addresses_with(const Room& room, Affiliation level) {
    std::vector<std::string> addresses;
    for (const auto& person : room.affiliates.with(level)) addresses.push_back(person.text());
    return addresses;
}

/// How many presences a change of settings makes: of everybody who is shown, hidden, given another role or sent away.
std::size_t told_by(Room& room, const Settings& changed) {
    const auto& now = room.settings;
    const bool concerns_all = has_other_roles(now, changed) || (changed.is_members_only && !now.is_members_only);
    const bool is_seen_after = concerns_all && (changed.shows[static_cast<std::size_t>(Role::visitor)] || changed.shows[static_cast<std::size_t>(Role::participant)]);
    std::size_t told = 0;
    for (const auto role : {Role::visitor, Role::participant, Role::moderator}) {
        const auto i = static_cast<std::size_t>(role);
        const bool is_concerned = now.shows[i] != changed.shows[i] || (concerns_all && role != Role::moderator);
        const bool is_seen = now.shows[i] || changed.shows[i] || is_seen_after;
        if (is_concerned) told += room.occupants().in_role(role).size() * (is_seen ? room.occupants().device_count() : 1);
    }
    return told;
}

/// §10.9, as occupants see it.
Result<std::string, StanzaError> farewell(const xml::Element& order) {
    std::string xml = "<destroy";
    const auto venue = order.attribute("jid");
    if (!venue.empty()) {
        const auto jid = Jid::parse(venue);
        if (!jid) return refuse(Condition::jid_malformed, "The other venue is not a valid JID.");
        xml::append_attribute(xml, "jid", jid->text());
    }
    xml += ">";
    for (const auto name : {"password", "reason"}) {
        const auto* child = order.child({name, ns_owner});
        if (!child) continue;
        if (child->text().size() > reason_limit_bytes) return refuse(Condition::not_acceptable, "A reason may have 2,000 bytes.");
        xml.append("<").append(name).append(">").append(xml::escape(child->text())).append("</").append(name).append(">");
    }
    return xml + "</destroy>";
}

}  // namespace

Task<Reply> Rooms::show_settings(RoomPtr room, const StanzaIn& iq) {
    if (room->affiliation_of(iq.from) != Affiliation::owner)
        co_return refuse(Condition::forbidden, "Only owners configure the room.");
    auto form = room->settings.form(host_.config().rooms.history);
    FormWriter leaders("form", {});
    leaders.list(admins_field, "Administrators", "jid-multi", {}, addresses_with(*room, Affiliation::admin))
        .list(owners_field, "Owners", "jid-multi", {}, addresses_with(*room, Affiliation::owner));
    form.insert(form.rfind("</x>"), leaders.fields());
    co_return "<query xmlns='http://jabber.org/protocol/muc#owner'>" + form + "</query>";
}

Task<> Rooms::save_if_persistent(RoomPtr room) {
    const bool is_kept = room->settings.is_persistent && !room->is_locked;
    if (is_kept) co_await store_.save(*room);
    else if (room->is_stored) co_await store_.remove(*room);
    room->is_stored = is_kept;
}

/// Who becomes an administrator or owner, or is one no more, when the form names all of them.
Result<std::vector<Rooms::Change>, StanzaError> Rooms::leaders_of(Room& room, const Form& form) {
    std::map<Jid, Affiliation> wanted;
    for (const auto& [field, level] : {std::pair(admins_field, Affiliation::admin), std::pair(owners_field, Affiliation::owner)}) {
        if (!form.has(field)) {
            for (const auto& person : room.affiliates.with(level)) wanted[person] = level;
            continue;
        }
        for (const auto& address : form.list(field)) {
            const auto jid = Jid::parse(address);
            if (!jid) return refuse(Condition::jid_malformed, address + " is not a valid JID.");
            wanted[jid->bare()] = level;
        }
    }
    if (std::ranges::none_of(wanted, [](const auto& each) { return each.second == Affiliation::owner; }))
        return refuse(Condition::conflict, "A room needs an owner.");
    std::vector<Change> changes;
    for (const auto& [person, level] : wanted)
        if (room.affiliation_of(person) != level) changes.push_back({.person = person, .nick = {}, .affiliation = level});
    for (const auto& [person, affiliate] : room.affiliates)
        if (affiliate.level >= Affiliation::admin && !wanted.contains(person))
            changes.push_back({.person = person, .nick = {}, .affiliation = Affiliation::member});
    if (room.affiliates.size() + changes.size() > static_cast<std::size_t>(host_.config().rooms.affiliations))
        return refuse(Condition::resource_constraint, "The room has too many members and banned people.");
    return changes;
}

Task<Reply> Rooms::change_settings(RoomPtr room, const StanzaIn& iq) {
    const auto guard = co_await room->changes.lock();
    if (room->is_gone || room->affiliation_of(iq.from) != Affiliation::owner)
        co_return refuse(Condition::forbidden, "Only owners configure the room.");
    if (const auto* order = iq.payload->child(destroy_tag)) co_return co_await destroy(room, iq, *order);
    const auto* x = iq.payload->child(form_tag);
    const Form form(x ? *x : xml::Element(form_tag));
    if (form.type() == "cancel") {  // §10.1.3: of a room that was never open
        if (room->is_locked) end(*room, {.is_unavailable = true, .destroy = "<destroy/>"});
        co_return std::string();
    }
    if (auto allowed = room->take_on(iq.from, room->occupants().device_count()); !allowed) co_return std::unexpected(allowed.error());
    if (form.type() != "submit") co_return refuse(Condition::bad_request, "A filled-in form is expected, or an order to destroy the room.");
    auto changed = room->settings;
    if (auto applied = changed.apply(form, host_.config().rooms.history); !applied) co_return std::unexpected(applied.error());
    if (told_by(*room, changed) > most_told)
        co_return refuse(Condition::resource_constraint, "There are too many people in the room to tell all of them of all the others. Do it when fewer are there.");
    const auto leaders = leaders_of(*room, form);
    if (!leaders) co_return std::unexpected(leaders.error());
    co_await record(journal::Kind::iq, iq.from, *iq.to, iq.xml);
    // From here on it is on record.
    const auto before = room->settings;
    std::vector<Jid> concerned;
    for (const auto& leader : *leaders) concerned.push_back(*leader.person);
    const auto affiliates_before = room->affiliates.now(concerned);
    const bool was_locked = std::exchange(room->is_locked, false);
    room->settings = std::move(changed);
    for (const auto& leader : *leaders) set_affiliation(*room, leader);
    try {
        co_await save_if_persistent(room);
    } catch (...) {
        room->settings = before;
        room->affiliates.put_back(affiliates_before);
        room->is_locked = was_locked;
        throw;
    }
    for (const auto& leader : *leaders) apply_affiliation(*room, leader, {}, affiliates_before);
    if (!room->is_gone) announce_settings(*room, before);
    if (!room->is_gone) drop_if_unused(*room);
    co_return std::string();
}

void Rooms::announce_settings(Room& room, const Settings& before) {  // §10.2.1
    const auto& now = room.settings;
    room.trim_recent();
    if (now.is_anonymous != before.is_anonymous) room.refresh_crowd();
    const bool kind_changed = has_other_roles(now, before);
    for (auto* here : room.occupants().all()) {
        const auto affiliation = room.affiliation_of(here->shown().jid);
        if (now.is_members_only && !before.is_members_only && affiliation < Affiliation::member) {
            remove_everywhere(room, *here, {.is_unavailable = true, .codes = {322}});
            continue;
        }
        const auto old = here->role;
        const bool was_shown = before.shows[static_cast<std::size_t>(old)];
        if (kind_changed && old != Role::moderator) room.occupants().set_role(*here, now.role_of(affiliation));
        if (here->role != old || (!was_shown && room.shows(*here))) room.show(*here, {});
        if (was_shown && !room.shows(*here)) room.hide(*here);
    }
    if (now == before || room.is_gone) return;
    std::vector<int> codes{104};
    if (now.is_anonymous != before.is_anonymous) codes.push_back(now.is_anonymous ? 173 : 172);
    room.say(std::make_shared<const std::string>(room.notice(codes)));
}

Task<Reply> Rooms::destroy(RoomPtr room, const StanzaIn& iq, const xml::Element& order) {
    auto words = farewell(order);
    if (!words) co_return std::unexpected(words.error());
    co_await record(journal::Kind::iq, iq.from, *iq.to, iq.xml);
    if (room->is_stored) co_await store_.remove(*room);
    room->affiliates = {};
    end(*room, {.is_unavailable = true, .destroy = std::move(*words)});
    co_return std::string();
}

void Rooms::end(Room& room, Shown shown) {
    for (const auto* occupant : room.occupants().all()) room.tell(*occupant, shown);
    room.is_gone = true;
    shelf_of(room.jid()).erase(room.jid().text());
}

}  // namespace chancery::rooms
