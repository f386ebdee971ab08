// Who is what in a room (XEP-0045 §5): lasting affiliations, and roles for as long as a visit lasts. Pure.
#pragma once
#include <cstdint>
#include <optional>
#include <string_view>

#include "base/result.h"
#include "xmpp/errors.h"

namespace chancery::rooms {

/// In order of what they may. The numbers stand in the database.
enum class Affiliation : std::uint8_t { outcast = 0, none = 1, member = 2, admin = 3, owner = 4 };
enum class Role : std::uint8_t { none, visitor, participant, moderator };

std::string_view name_of(Affiliation affiliation);
std::string_view name_of(Role role);
std::optional<Affiliation> affiliation_of(std::string_view name);
std::optional<Role> role_of(std::string_view name);

/// What somebody is who asks for a change, or whom it concerns.
struct Standing {
    Affiliation affiliation = Affiliation::none;
    Role role = Role::none;
};

/// Whether the actor may give the target that role (§8.2-8.5, §9.6-9.8); `none` removes it from the room.
Result<void, StanzaError> may_set_role(Standing actor, Standing target, Role role);
/// Whether the actor may give the target that affiliation (§9.1-9.5, §10.3-10.8).
Result<void, StanzaError> may_set_affiliation(Affiliation actor, Affiliation target, Affiliation wanted);

}  // namespace chancery::rooms
