#include "features/rooms/affiliates.h"

namespace chancery::rooms {

const Affiliate* Affiliates::find(std::string_view address) const {
    const auto found = people_.find(address);
    return found == people_.end() ? nullptr : &found->second;
}

Affiliate Affiliates::at(const Jid& person) const {
    const auto* known = find(person.text());
    return known ? *known : Affiliate();
}

void Affiliates::set(const Jid& person, Affiliate affiliate) {
    if (const auto* known = find(person.text()); known && !known->nick.empty()) reserved_.erase(known->nick);
    if (affiliate.level == Affiliation::none) {
        people_.erase(person);
        return;
    }
    if (!affiliate.nick.empty()) reserved_.insert_or_assign(affiliate.nick, person);
    people_.insert_or_assign(person, std::move(affiliate));
}

const Jid* Affiliates::who_reserved(std::string_view nick) const {
    const auto found = reserved_.find(nick);
    return found == reserved_.end() ? nullptr : &found->second;
}

std::vector<Jid> Affiliates::with(Affiliation level) const {
    std::vector<Jid> people;
    for (const auto& [person, affiliate] : people_)
        if (affiliate.level == level) people.push_back(person);
    return people;
}

void Affiliates::put_back(const Map& before) {
    for (const auto& [person, affiliate] : before) set(person, affiliate);
}

}  // namespace chancery::rooms
