// Who belongs to a room or is banned from it, whether present or not: found by address, and by the nickname that is reserved.
#pragma once
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "features/rooms/affiliation.h"
#include "xmpp/jid.h"

namespace chancery::rooms {

struct Affiliate {
    Affiliation level = Affiliation::none;
    std::string nick = {};                ///< reserved for this person (§7.10)
    std::string reason = {};              ///< given with the affiliation
    std::vector<std::string> hats = {};   ///< XEP-0317, by URI
};

/// For looking up an address by its text.
struct ByAddress {
    using is_transparent = void;
    static std::string_view text(const Jid& jid) { return jid.text(); }
    static std::string_view text(std::string_view text) { return text; }
    bool operator()(const auto& one, const auto& other) const { return text(one) < text(other); }
};

class Affiliates {
  public:
    using Map = std::map<Jid, Affiliate, ByAddress>;

    /// What stands under exactly this bare address.
    const Affiliate* find(std::string_view address) const;
    Affiliate at(const Jid& person) const;
    /// Without an affiliation somebody is forgotten.
    void set(const Jid& person, Affiliate affiliate);
    /// For whom the nickname is reserved; null: for nobody.
    const Jid* who_reserved(std::string_view nick) const;
    std::vector<Jid> with(Affiliation level) const;

    /// As these were, to be put back when a change comes to nothing.
    template <class People>
    Map now(const People& people) const;
    void put_back(const Map& before);

    std::size_t size() const { return people_.size(); }
    Map::const_iterator begin() const { return people_.begin(); }
    Map::const_iterator end() const { return people_.end(); }

  private:
    Map people_;
    std::map<std::string, Jid, std::less<>> reserved_;   // by nickname
};

template <class People>
Affiliates::Map Affiliates::now(const People& people) const {
    Map map;
    for (const Jid& person : people) map.emplace(person, at(person));
    return map;
}

}  // namespace chancery::rooms
