// Who is in a room: found by nickname, by device and by person, and listed by role, each without looking at the others.
#pragma once
#include <array>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "base/bytes.h"
#include "features/rooms/affiliation.h"
#include "xmpp/jid.h"

namespace chancery::rooms {

/// Whether a prepared resource is good for a nickname. Nobody is to look like somebody else by spaces around it (§13.6).
Result<void, StanzaError> check_nick(std::string_view nick);

struct Device {
    Jid jid;                              ///< full
    std::string payload;                  ///< what its presence says, serialised: show, status and so on
};

/// Somebody who is in the room under one nickname, on one device or several.
struct Occupant {
    std::string nick;
    std::array<char, 16> id_bytes;
    Role role = Role::none;
    std::vector<Device> devices;          ///< never empty, all of one person; the last one is shown

    const Device& shown() const { return devices.back(); }
    std::string_view person() const { return shown().jid.bare_text(); }
    std::string id() const { return to_hex({id_bytes.data(), id_bytes.size()}); }   ///< XEP-0421
    std::vector<Jid> device_addresses() const;
};

class Occupants {
    struct ByNick {
        using is_transparent = void;
        static std::string_view nick(const std::unique_ptr<Occupant>& occupant) { return occupant->nick; }
        static std::string_view nick(std::string_view nick) { return nick; }
        bool operator()(const auto& one, const auto& other) const { return nick(one) < nick(other); }
    };

  public:
    /// In the order of nicknames.
    using List = std::set<std::unique_ptr<Occupant>, ByNick>;

    Occupant* with_nick(std::string_view nick) const;
    Occupant* on(const Jid& device) const;
    /// Under one nickname or several; of a domain: everybody from there.
    std::vector<Occupant*> of(const Jid& person) const;
    const List& in_role(Role role) const { return by_role_[static_cast<std::size_t>(role)]; }
    std::vector<Occupant*> all() const;
    std::size_t size() const { return by_person_.size(); }
    std::size_t device_count() const { return device_count_; }

    Occupant& add(Occupant newcomer);
    void add_device(Occupant& occupant, Device device);
    /// The device is no more in the room; the occupant neither, when it was their last. They must be there.
    void take_out(const Jid& device);
    void rename(Occupant& occupant, std::string nick);
    void set_role(Occupant& occupant, Role role);

  private:
    struct PersonHash {
        using is_transparent = void;
        std::size_t operator()(const Occupant* occupant) const { return (*this)(occupant->person()); }
        std::size_t operator()(std::string_view person) const { return std::hash<std::string_view>()(person); }
    };
    struct SamePerson {
        using is_transparent = void;
        static std::string_view person(const Occupant* occupant) { return occupant->person(); }
        static std::string_view person(std::string_view person) { return person; }
        bool operator()(const auto& one, const auto& other) const { return person(one) == person(other); }
    };

    List& list_of(const Occupant& occupant) { return by_role_[static_cast<std::size_t>(occupant.role)]; }
    template <class Change>
    void move(Occupant& occupant, Change change);

    std::array<List, 4> by_role_;
    std::unordered_multiset<Occupant*, PersonHash, SamePerson> by_person_;
    std::size_t device_count_ = 0;
};

}  // namespace chancery::rooms
