#include "files/range.h"

#include <doctest/doctest.h>

#include <string>

using namespace chancery::files;

namespace {

/// first-last; all; none
std::string said(std::string_view field, std::uint64_t size) {
    const auto range = range_of(field, size);
    if (!range) return "none";
    if (!*range) return "all";
    return std::to_string((*range)->first) + "-" + std::to_string((*range)->first + (*range)->length - 1);
}

}  // namespace

TEST_CASE("OneRangeOfBytesIsUnderstood") {
    CHECK(said("bytes=0-0", 10) == "0-0");
    CHECK(said("bytes=3-", 10) == "3-9");
    CHECK(said("bytes=3-100", 10) == "3-9");
    CHECK(said("bytes=-3", 10) == "7-9");
    CHECK(said("bytes=-100", 10) == "0-9");
    CHECK(said("bytes=9-18446744073709551615", 10) == "9-9");
    CHECK(said("bytes=9-99999999999999999999999", 10) == "9-9");
}

TEST_CASE("ARangeBehindTheEndCannotBeHad") {
    CHECK(said("bytes=10-", 10) == "none");
    CHECK(said("bytes=99999999999999999999999-", 10) == "none");
    CHECK(said("bytes=-0", 10) == "none");
    CHECK(said("bytes=0-", 0) == "none");
    CHECK(said("bytes=-5", 0) == "none");
}

TEST_CASE("WhatIsNotOneRangeIsTheWhole") {
    for (const auto* field : {"", "bytes", "bytes=", "bytes=-", "bytes=a-", "bytes=1-b", "bytes=2-1", "bytes=0-1,3-4", "bytes= 1-2", "items=0-1",
                              "bytes=+1-2", "bytes=--2"})
        CHECK_MESSAGE(said(field, 10) == "all", field);
}
