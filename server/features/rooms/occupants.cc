#include "features/rooms/occupants.h"

#include <algorithm>

namespace chancery::rooms {

Result<void, StanzaError> check_nick(std::string_view nick) {
    constexpr std::size_t limit_bytes = 256;
    if (nick.empty()) return refuse(Condition::not_acceptable, "A nickname is needed.");
    if (nick.size() > limit_bytes) return refuse(Condition::not_acceptable, "A nickname may have 256 bytes.");
    if (nick.starts_with(' ') || nick.ends_with(' ') || nick.contains("  "))
        return refuse(Condition::not_acceptable, "A nickname has no spaces around it, nor two in a row.");
    return {};
}

std::vector<Jid> Occupant::device_addresses() const {
    std::vector<Jid> addresses;
    for (const auto& device : devices) addresses.push_back(device.jid);
    return addresses;
}

Occupant* Occupants::with_nick(std::string_view nick) const {
    for (const auto& list : by_role_)
        if (const auto found = list.find(nick); found != list.end()) return found->get();
    return nullptr;
}

Occupant* Occupants::on(const Jid& device) const {
    const auto [first, last] = by_person_.equal_range(device.bare_text());
    const auto found = std::find_if(first, last, [&](const Occupant* each) {
        return std::ranges::find(each->devices, device, &Device::jid) != each->devices.end();
    });
    return found == last ? nullptr : *found;
}

std::vector<Occupant*> Occupants::of(const Jid& person) const {
    if (person.local().empty()) {
        auto people = all();
        std::erase_if(people, [&](const Occupant* each) { return each->shown().jid.domain() != person.domain(); });
        return people;
    }
    const auto [first, last] = by_person_.equal_range(person.bare_text());
    return {first, last};
}

std::vector<Occupant*> Occupants::all() const {
    std::vector<Occupant*> people;
    people.reserve(size());
    for (const auto& list : by_role_)
        for (const auto& occupant : list) people.push_back(occupant.get());
    return people;
}

Occupant& Occupants::add(Occupant newcomer) {
    auto& here = **list_of(newcomer).insert(std::make_unique<Occupant>(std::move(newcomer))).first;
    by_person_.insert(&here);
    device_count_ += here.devices.size();
    return here;
}

void Occupants::add_device(Occupant& occupant, Device device) {
    occupant.devices.push_back(std::move(device));
    ++device_count_;
}

void Occupants::take_out(const Jid& device) {
    auto& here = *on(device);
    --device_count_;
    if (here.devices.size() > 1) {
        std::erase_if(here.devices, [&](const Device& each) { return each.jid == device; });
        return;
    }
    const auto [first, last] = by_person_.equal_range(device.bare_text());
    by_person_.erase(std::find(first, last, &here));
    auto& list = list_of(here);
    list.erase(list.find(here.nick));
}

/// The occupant itself stays where it is in memory.
template <class Change>
void Occupants::move(Occupant& occupant, Change change) {
    auto& from = list_of(occupant);
    auto node = from.extract(from.find(occupant.nick));
    change(occupant);
    list_of(occupant).insert(std::move(node));
}

void Occupants::rename(Occupant& occupant, std::string nick) {
    move(occupant, [&](Occupant& each) { each.nick = std::move(nick); });
}

void Occupants::set_role(Occupant& occupant, Role role) {
    move(occupant, [&](Occupant& each) { each.role = role; });
}

}  // namespace chancery::rooms
