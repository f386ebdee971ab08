// One change of what somebody is in a room.
#pragma once
#include <optional>
#include <string>

#include "features/rooms/service.h"

namespace chancery::rooms {

struct Rooms::Change {
    std::optional<Jid> person;              ///< bare, or a domain; whose affiliation
    std::string nick;                       ///< whose role; of an affiliation: the one to be reserved, if any
    std::optional<Affiliation> affiliation; ///< either this
    std::optional<Role> role;               ///< or this
    std::string reason;
};

}  // namespace chancery::rooms
