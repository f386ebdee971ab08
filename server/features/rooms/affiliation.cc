#include "features/rooms/affiliation.h"

#include <array>
#include <utility>

namespace chancery::rooms {
namespace {

constexpr std::array<std::string_view, 5> affiliations{"outcast", "none", "member", "admin", "owner"};
constexpr std::array<std::string_view, 4> roles{"none", "visitor", "participant", "moderator"};

bool is_admin(Affiliation affiliation) { return affiliation >= Affiliation::admin; }

}  // namespace

std::string_view name_of(Affiliation affiliation) { return affiliations[static_cast<std::size_t>(affiliation)]; }
std::string_view name_of(Role role) { return roles[static_cast<std::size_t>(role)]; }

std::optional<Affiliation> affiliation_of(std::string_view name) {
    for (std::size_t i = 0; i < affiliations.size(); ++i)
        if (affiliations[i] == name) return static_cast<Affiliation>(i);
    return std::nullopt;
}

std::optional<Role> role_of(std::string_view name) {
    for (std::size_t i = 0; i < roles.size(); ++i)
        if (roles[i] == name) return static_cast<Role>(i);
    return std::nullopt;
}

Result<void, StanzaError> may_set_role(Standing actor, Standing target, Role role) {
    if (actor.role != Role::moderator && !is_admin(actor.affiliation))
        return refuse(Condition::forbidden, "Only moderators may do that.");
    if (role == target.role) return {};  // nothing changes
    if (target.affiliation > actor.affiliation)
        return refuse(Condition::not_allowed, "That person has a higher affiliation than you.");
    const bool concerns_moderators = role == Role::moderator || target.role == Role::moderator;
    if (concerns_moderators && role != Role::none && role != target.role) {
        if (!is_admin(actor.affiliation)) return refuse(Condition::forbidden, "Only administrators of the room decide who moderates it.");
        // §9.7, §8.4: an admin or owner is a moderator by that fact.
        if (is_admin(target.affiliation))
            return refuse(Condition::not_allowed, "Administrators and owners of a room always moderate it.");
    }
    return {};
}

Result<void, StanzaError> may_set_affiliation(Affiliation actor, Affiliation target, Affiliation wanted) {
    if (!is_admin(actor)) return refuse(Condition::forbidden, "Only administrators and owners of the room may do that.");
    if (actor == Affiliation::owner) return {};
    if (is_admin(wanted)) return refuse(Condition::forbidden, "Only owners make administrators and owners.");
    if (is_admin(target)) return refuse(Condition::not_allowed, "Only owners change the affiliation of administrators and owners.");
    return {};
}

}  // namespace chancery::rooms
