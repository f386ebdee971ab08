#include "base/time.h"

#include <doctest/doctest.h>

using namespace chancery;

TEST_CASE("ATimeSurvivesItsTextForm") {
    const auto time = from_micros(1'795'309'323'000'004);
    CHECK(parse_iso(to_iso(time)) == time);
    CHECK(to_iso(from_micros(0)) == "1970-01-01T00:00:00.000000Z");
}

TEST_CASE("OffsetsFractionsAndBareDatesAreUnderstood") {
    CHECK(parse_iso("1970-01-01T01:00:00+01:00") == from_micros(0));
    CHECK(parse_iso("1970-01-01T00:00:00.5Z") == from_micros(500'000));
    CHECK(parse_iso("1970-01-02") == from_micros(86'400'000'000));
}

TEST_CASE("WhatIsNotADateTimeIsRefused") {
    for (auto text : {"", "now", "2026-13-01", "2026-02-30", "2026-01-01T", "2026-01-01T00:00:00", "2026-01-01T24:00:00Z",
                      "2026-01-01T00:00:00.Z", "2026-01-01T00:00:00Zx", "2026-01-01T00:00:00+1:00"})
        CHECK_FALSE(parse_iso(text));
}
