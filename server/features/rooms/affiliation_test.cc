#include "features/rooms/affiliation.h"

#include <doctest/doctest.h>

namespace chancery::rooms {
namespace {

Condition refused(Result<void, StanzaError> result) {
    REQUIRE_FALSE(result);
    return result.error().condition;
}

constexpr Standing visitor{Affiliation::none, Role::visitor}, moderator{Affiliation::none, Role::moderator};
constexpr Standing member{Affiliation::member, Role::participant}, admin{Affiliation::admin, Role::moderator};
constexpr Standing owner{Affiliation::owner, Role::moderator};

}  // namespace

TEST_CASE("affiliation: names are those of XEP-0045 and no others") {
    CHECK(affiliation_of("outcast") == Affiliation::outcast);
    CHECK(name_of(Affiliation::owner) == "owner");
    CHECK(role_of("visitor") == Role::visitor);
    CHECK_FALSE(role_of("Visitor"));
    CHECK_FALSE(affiliation_of(""));
}

TEST_CASE("affiliation: a moderator kicks and gives voice, but not to those above") {
    CHECK(may_set_role(moderator, visitor, Role::none));
    CHECK(may_set_role(moderator, visitor, Role::participant));
    CHECK(refused(may_set_role(moderator, member, Role::none)) == Condition::not_allowed);
    CHECK(refused(may_set_role(moderator, admin, Role::visitor)) == Condition::not_allowed);
    CHECK(refused(may_set_role(member, visitor, Role::none)) == Condition::forbidden);
}

TEST_CASE("affiliation: who moderates is decided by administrators") {
    CHECK(may_set_role(admin, visitor, Role::moderator));
    CHECK(may_set_role(admin, moderator, Role::participant));
    CHECK(refused(may_set_role(moderator, visitor, Role::moderator)) == Condition::forbidden);
    CHECK(refused(may_set_role(moderator, moderator, Role::visitor)) == Condition::forbidden);
    CHECK(refused(may_set_role(owner, admin, Role::participant)) == Condition::not_allowed);
    CHECK(may_set_role({Affiliation::admin, Role::none}, visitor, Role::none));
}

TEST_CASE("affiliation: administrators ban and admit, owners do everything") {
    CHECK(may_set_affiliation(Affiliation::admin, Affiliation::none, Affiliation::member));
    CHECK(may_set_affiliation(Affiliation::admin, Affiliation::member, Affiliation::outcast));
    CHECK(refused(may_set_affiliation(Affiliation::admin, Affiliation::owner, Affiliation::outcast)) == Condition::not_allowed);
    CHECK(refused(may_set_affiliation(Affiliation::admin, Affiliation::none, Affiliation::admin)) == Condition::forbidden);
    CHECK(refused(may_set_affiliation(Affiliation::member, Affiliation::none, Affiliation::outcast)) == Condition::forbidden);
    CHECK(may_set_affiliation(Affiliation::owner, Affiliation::owner, Affiliation::none));
}

}  // namespace chancery::rooms
