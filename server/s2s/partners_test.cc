#include "s2s/partners.h"

#include <doctest/doctest.h>

using namespace chancery;
using s2s::Partners;

namespace {

FederationSettings with(std::vector<std::string> domains, std::vector<std::string> blocked = {}) {
    FederationSettings settings;
    settings.domains = std::move(domains);
    settings.blocked = std::move(blocked);
    return settings;
}

}  // namespace

TEST_CASE("NobodyIsAPartnerUnlessNamed") {
    CHECK_FALSE(Partners(with({})).allows("a.example"));
    const Partners partners(with({"A.example"}));
    CHECK(partners.allows("a.example"));
    CHECK_FALSE(partners.allows("rooms.a.example"));
    CHECK_FALSE(partners.allows("xa.example"));
}

TEST_CASE("AStarStandsForWhatIsBelow") {
    const Partners partners(with({"*.a.example"}));
    CHECK(partners.allows("rooms.a.example"));
    CHECK(partners.allows("x.rooms.a.example"));
    CHECK_FALSE(partners.allows("a.example"));
    CHECK_FALSE(partners.allows("rooms.xa.example"));
}

TEST_CASE("WhoIsBlockedIsNoPartnerNorIsWhatIsBelow") {
    const Partners partners(with({"*"}, {"evil.example"}));
    CHECK(partners.allows("a.example"));
    CHECK_FALSE(partners.allows("evil.example"));
    CHECK_FALSE(partners.allows("very.evil.example"));
    CHECK(partners.allows("notevil.example"));
}

TEST_CASE("PartnersSettingsThatMeanNothingStopTheStart") {
    CHECK_THROWS_AS(Partners(with({"a@b.example"})), ConfigError);
    auto settings = with({"a.example"});
    settings.hosts["a.example"] = "nonsense";
    CHECK_THROWS_AS(Partners{settings}, ConfigError);
    settings.hosts["a.example"] = "tls:127.0.0.1:5270";
    settings.rates["a.example"] = "0";
    CHECK_THROWS_AS(Partners{settings}, ConfigError);
    settings.rates["a.example"] = "500";
    const Partners partners(settings);
    CHECK(partners.endpoint_of("a.example") == s2s::Endpoint{"127.0.0.1:5270", true});
    CHECK(partners.limits_of("a.example").stanzas_per_second == 500);
    CHECK(partners.limits_of("b.example").stanzas_per_second == settings.stanzas_per_second);
    CHECK_FALSE(partners.endpoint_of("b.example"));
}

TEST_CASE("EachLimitMayBeAnotherForOnePartner") {
    FederationSettings settings;
    settings.targets["a.example"] = "7";
    settings.failures["a.example"] = "90";
    const Partners partners(settings);
    CHECK(partners.limits_of("a.example").targets_per_minute == 7);
    CHECK(partners.limits_of("a.example").failure_percent == 90);
    CHECK(partners.limits_of("a.example").stanzas_per_second == settings.stanzas_per_second);
    CHECK(partners.limits_of("b.example").targets_per_minute == settings.targets_per_minute);
    settings.failures["a.example"] = "101";
    CHECK_THROWS_WITH_AS(Partners{settings}, "setting federation.failures.a.example: a whole number from 1 to 100 is expected", ConfigError);
}
