#include "features/rooms/room.h"

#include <algorithm>
#include <utility>

#include "base/bytes.h"
#include "base/crypto.h"

namespace chancery::rooms {
namespace {

constexpr std::size_t recent_limit_bytes = 256 * 1024;

/// What one person may make everybody hear: 100,000 stanzas at once, and 5,000 a second in the long run. That is a tenth of a
/// processor; in a room of ten nobody notices. Who runs the room may do four times as much.
constexpr Pace::Cost cost_of_telling{200}, cost_for_administrators{50}, most_ahead = 100'000 * cost_of_telling;

/// XEP-0421 §4.2: the same whenever somebody comes, another one in each room, and nobody learns the address from it.
decltype(Occupant::id_bytes) occupant_id(const Key& key, const Jid& room, const Jid& person) {
    std::string text = room.text();
    text.push_back('\0');
    text.append(person.bare_text());
    decltype(Occupant::id_bytes) id;
    hmac(Hash::sha256, key.reveal(), text).copy(id.data(), id.size());
    return id;
}

}  // namespace

Room::Room(Host& host, Jid jid, Time time)
    : created(time), live_from(host.recorder().journal().durable_end()), host_(host), jid_(std::move(jid)),
      id_key_(derive_key(host.state_key(), "occupant-ids")), crowd_(host), pace_(most_ahead) {}

Jid Room::address_of(std::string_view nick) const { return jid_.with_resource(nick).value_or(jid_); }

const Affiliate* Room::affiliate(const Jid& person) const {
    const auto* known = affiliates.find(person.bare_text());
    return known ? known : affiliates.find(person.domain());
}

Affiliation Room::affiliation_of(const Jid& person) const {
    const auto* known = affiliate(person);
    return known ? known->level : Affiliation::none;
}

Standing Room::standing_of(const Jid& device) {
    const auto* here = occupant_on(device);
    return {affiliation_of(device), here ? here->role : Role::none};
}

bool Room::is_reserved(std::string_view nick, const Jid& person) const {
    const auto* whose = affiliates.who_reserved(nick);
    return whose && whose->bare_text() != person.bare_text();
}

bool Room::sees_addresses(const Occupant& occupant) const { return !settings.is_anonymous || occupant.role == Role::moderator; }

Result<void, StanzaError> Room::take_on(const Jid& person, std::size_t told) {
    const auto cost = affiliation_of(person) >= Affiliation::admin ? cost_for_administrators : cost_of_telling;
    const auto wait = pace_.wait(person, static_cast<Pace::Cost::rep>(told) * cost, host_.now());
    if (!wait) return {};
    return std::unexpected(StanzaError{Condition::resource_constraint,
                                       "That is more than everybody in this room can be told. Wait " + std::to_string(wait->count()) + " s.", "wait"});
}

std::size_t Room::told_of(const Jid& person) {
    const auto* here = occupant_on(person);
    const auto role = here ? here->role : settings.role_of(affiliation_of(person));
    return settings.shows[static_cast<std::size_t>(role)] ? occupants_.device_count() : 1;
}

std::size_t Room::shown_count() const {
    std::size_t count = 0;
    for (const auto role : {Role::visitor, Role::participant, Role::moderator})
        if (settings.shows[static_cast<std::size_t>(role)]) count += occupants_.in_role(role).size();
    return count;
}

Occupant& Room::put_in(std::string nick, const Jid& device, std::string payload) {
    if (auto* here = occupant(nick)) {
        occupants_.add_device(*here, {device, std::move(payload)});
        return *here;
    }
    return occupants_.add({.nick = std::move(nick), .id_bytes = occupant_id(id_key_, jid_, device),
                           .role = settings.role_of(affiliation_of(device)), .devices = {{device, std::move(payload)}}});
}

void Room::take_out(const Jid& device) {
    crowd_.remove(device);
    arriving_.erase(device);
    occupants_.take_out(device);
}

std::string Room::presence_of(const Occupant& occupant, const Shown& shown, bool with_address) const {
    constexpr std::size_t most_around = 400;  // bytes
    const auto& device = occupant.shown();
    const auto affiliation = affiliation_of(device.jid);
    const bool leaves = shown.is_unavailable && shown.new_nick.empty();
    std::string xml = "<presence";
    xml.reserve(device.payload.size() + most_around);
    xml::append_attribute(xml, "from", address_of(occupant.nick).text());
    if (shown.is_unavailable) xml += " type='unavailable'";
    xml.append(">").append(device.payload).append("<x xmlns='http://jabber.org/protocol/muc#user'>");
    xml += item_xml(affiliation, leaves ? Role::none : occupant.role, with_address ? device.jid.text() : std::string_view(), shown.new_nick,
                    shown.actor, shown.reason);
    xml.append(shown.destroy).append(codes_xml(shown.codes)).append("</x>");
    xml.append("<occupant-id xmlns='urn:xmpp:occupant-id:0' id='").append(occupant.id()).append("'/>");
    if (const auto* known = affiliate(device.jid); known && !known->hats.empty() && !shown.is_unavailable) {
        xml += "<hats xmlns='urn:xmpp:hats:0'>";
        for (const auto& uri : known->hats) {
            const auto hat = hats.find(uri);
            if (hat == hats.end()) continue;
            xml += "<hat";
            xml::append_attribute(xml, "title", hat->second.title);
            xml::append_attribute(xml, "uri", uri);
            if (!hat->second.hue.empty()) xml::append_attribute(xml, "hue", hat->second.hue);
            xml += "/>";
        }
        xml += "</hats>";
    }
    return xml + "</presence>";
}

void Room::show(const Occupant& occupant, const Shown& shown) {
    auto plain = presence_of(occupant, shown, !settings.is_anonymous);
    auto revealing = settings.is_anonymous ? presence_of(occupant, shown, true) : plain;
    for (const auto& device : occupant.devices)
        if (device.jid.text() != shown.not_to) host_.send_to(device.jid, addressed(as_own(revealing, shown.own_codes), device.jid));
    if (shows(occupant)) say_presence(occupant, std::move(plain), std::move(revealing));
}

void Room::tell(const Occupant& occupant, const Shown& shown) const {
    const auto presence = presence_of(occupant, shown, true);
    for (const auto& device : occupant.devices) host_.send_to(device.jid, addressed(as_own(presence, shown.own_codes), device.jid));
}

void Room::hide(const Occupant& occupant) {
    const Shown gone{.is_unavailable = true};
    say_presence(occupant, presence_of(occupant, gone, !settings.is_anonymous), presence_of(occupant, gone, true));
}

/// To all but the occupant.
void Room::say_presence(const Occupant& occupant, std::string plain, std::string revealing) {
    auto own_devices = occupant.device_addresses();
    to_arriving(plain, own_devices);
    Copies copies{.plain = std::make_shared<const std::string>(std::move(plain))};
    if (settings.is_anonymous) copies.with_addresses = std::make_shared<const std::string>(std::move(revealing));
    crowd_.say(copies, own_devices);
}

void Room::to_arriving(const std::string& xml, const std::vector<Jid>& except) const {
    for (const auto& [device, waiting] : arriving_)
        if (std::ranges::find(except, device) == except.end()) host_.send_to(device, addressed(xml, device));
}

void Room::say(Text xml, const Own& own) {
    for (auto& [device, waiting] : arriving_) waiting.push_back(xml);
    crowd_.say({.plain = std::move(xml)}, own.devices);
    for (const auto& device : own.devices) host_.send_to(device, addressed(*own.xml, device));
}

void Room::say(Said message, const Own& own) {
    say(message.xml, own);
    message.number = ++said;
    recent.push_back(std::move(message));
    trim_recent();
}

void Room::trim_recent() {
    std::size_t bytes = 0;
    for (const auto& each : recent) bytes += each.xml->size();
    while (!recent.empty() && (recent.size() > static_cast<std::size_t>(settings.history) || bytes > recent_limit_bytes)) {
        bytes -= recent.front().xml->size();
        recent.pop_front();
    }
}

std::string Room::notice(const std::vector<int>& codes, std::string_view item) const {
    std::string xml = "<message type='groupchat'";
    xml::append_attribute(xml, "from", jid_.text());
    return xml.append("><x xmlns='http://jabber.org/protocol/muc#user'>").append(item).append(codes_xml(codes)).append("</x></message>");
}

void Room::begin_arrival(const Jid& device) {
    crowd_.remove(device);
    arriving_[device].clear();
}

void Room::end_arrival(const Jid& device) {
    auto arrival = arriving_.extract(device);
    const auto* here = occupant_on(device);
    if (!arrival || !here) return;
    for (const auto& xml : arrival.mapped()) host_.send_to(device, addressed(*xml, device));
    crowd_.add(device, sees_addresses(*here));
}

void Room::refresh_crowd(const Occupant& occupant) {
    for (const auto& device : occupant.devices)
        if (!is_arriving(device.jid)) crowd_.add(device.jid, sees_addresses(occupant));
}

void Room::refresh_crowd() {
    for (const auto* occupant : occupants_.all()) refresh_crowd(*occupant);
}

}  // namespace chancery::rooms
