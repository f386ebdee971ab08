#include "features/rooms/settings.h"

#include <doctest/doctest.h>

namespace chancery::rooms {
namespace {

Form form_of(const std::string& xml) { return Form(*xml::Element::parse(xml)); }

Form with(std::string_view name, std::string_view value) {
    return form_of("<x xmlns='jabber:x:data' type='submit'><field var='" + std::string(name) + "'><value>" + std::string(value) +
                   "</value></field></x>");
}

}  // namespace

TEST_CASE("settings: what is stored is read back as it was") {
    Settings settings;
    settings.name = "Öffnung & <Ende>";
    settings.password = "s3cret";
    settings.has_password = settings.is_persistent = settings.is_announcement_only = settings.is_members_only = true;
    settings.is_public = settings.is_anonymous = settings.may_invite = false;
    settings.private_messages = PrivateMessages::participants;
    settings.shows[1] = false;
    settings.most_occupants = 200;
    settings.history = 7;
    Settings read;
    REQUIRE(read.apply(form_of(settings.stored()), 50));
    CHECK(read == settings);
}

TEST_CASE("settings: a form that is wrong somewhere changes nothing") {
    Settings settings;
    const auto before = settings;
    CHECK_FALSE(settings.apply(with("muc#roomconfig_whois", "nobody"), 50));
    CHECK_FALSE(settings.apply(with("muc#roomconfig_moderatedroom", "maybe"), 50));
    CHECK_FALSE(settings.apply(with("muc#roomconfig_maxusers", "-3"), 50));
    CHECK_FALSE(settings.apply(with("muc#roomconfig_passwordprotectedroom", "1"), 50));
    CHECK_FALSE(settings.apply(with("muc#roomconfig_enablelogging", "0"), 50));
    CHECK_FALSE(settings.apply(with("muc#roomconfig_roomname", std::string(2'000, 'x')), 50));
    CHECK(settings == before);
}

TEST_CASE("settings: what cannot be is not-acceptable (XEP-0045 §10.1.3)") {
    Settings settings;
    const auto unlocked = settings.apply(with("muc#roomconfig_passwordprotectedroom", "1"), 50);
    REQUIRE_FALSE(unlocked);
    CHECK(name_of(unlocked.error().condition) == "not-acceptable");
}

TEST_CASE("settings: fields that are not there stay as they were, and history has an upper bound") {
    Settings settings;
    settings.is_moderated = true;
    REQUIRE(settings.apply(with("muc#maxhistoryfetch", "1000"), 50));
    CHECK(settings.history == 50);
    CHECK(settings.is_moderated);
}

TEST_CASE("settings: the role follows from the affiliation and the kind of room") {
    Settings settings;
    CHECK(settings.role_of(Affiliation::none) == Role::participant);
    settings.is_moderated = true;
    CHECK(settings.role_of(Affiliation::none) == Role::visitor);
    CHECK(settings.role_of(Affiliation::member) == Role::participant);
    settings.is_announcement_only = true;
    CHECK(settings.role_of(Affiliation::member) == Role::visitor);
    CHECK(settings.role_of(Affiliation::admin) == Role::moderator);
}

}  // namespace chancery::rooms
