#include "c2s/origins.h"

#include <doctest/doctest.h>

using namespace chancery;
using c2s::normal_origin;
using c2s::Origins;

TEST_CASE("AnOriginHasOneForm") {
    CHECK(normal_origin("https://A.example") == "https://a.example");
    CHECK(normal_origin("https://a.example:443") == "https://a.example");
    CHECK(normal_origin("http://a.example:80") == "http://a.example");
    CHECK(normal_origin("https://a.example:80") == "https://a.example:80");
    for (const auto* none : {"", "null", "a.example", "ftp://a", "https://", "https://a/", "https://a?b", "https://a b", "https://u@a", "https://a#"}) {
        CAPTURE(none);
        CHECK(normal_origin(none).empty());
    }
}

TEST_CASE("APageMayConnectWhereItCameFromAndWhereItIsListed") {
    Config config;
    config.web.origins = "https://chat.example https://other.example:8000";
    config.web.public_url = "https://post.example";
    const Origins origins(config);
    CHECK(origins.allow("", "anything"));
    CHECK(origins.allow("https://here:8443", "here:8443"));
    CHECK(origins.allow("https://chat.example", "here"));
    CHECK(origins.allow("https://post.example", "here"));
    CHECK_FALSE(origins.allow("https://other.example", "here"));
    CHECK_FALSE(origins.allow("http://here", "here"));
    CHECK_FALSE(origins.allow("null", "null"));
}

TEST_CASE("WhatIsListedMustBeAnOrigin") {
    Config config;
    config.web.origins = "chat.example";
    CHECK_THROWS_AS(Origins{config}, ConfigError);
    config.web.origins.clear();
    config.web.public_url = "http://chat.example";
    CHECK_THROWS_AS(Origins{config}, ConfigError);
}
