#include "archive/run_cache.h"

#include <doctest/doctest.h>

#include <stdexcept>
#include <string>

using namespace chancery::archive;

TEST_CASE("ABlockIsReadOnceAndAgainWhenAnotherTookItsPlace") {
    RunCache cache;
    int reads = 0;
    const auto block = [&](RunId run, std::size_t number) {
        return cache.block(run, number, [&](std::string& bytes) {
            ++reads;
            bytes = std::to_string(run) + "/" + std::to_string(number);
        });
    };
    for (int round = 0; round < 2; ++round) {
        for (std::size_t number = 0; number < 50; ++number) CHECK(block(1, number) == "1/" + std::to_string(number));
        CHECK(reads == 50);
    }
    for (RunId run = 2; run < 500; ++run) CHECK(block(run, 7) == std::to_string(run) + "/7");
    CHECK(block(1, 3) == "1/3");
    CHECK(block(1, 3) == "1/3");
}

TEST_CASE("ABlockThatCouldNotBeReadIsNotRemembered") {
    RunCache cache;
    CHECK_THROWS(cache.block(1, 0, [](std::string& bytes) {
        bytes = "half";
        throw std::runtime_error("damaged");
    }));
    CHECK(cache.block(1, 0, [](std::string& bytes) { bytes = "whole"; }) == "whole");
}

TEST_CASE("LengthsAreKeptForEachRunAndTerm") {
    RunCache cache;
    int counted = 0;
    const auto length = [&](RunId run, Term term) {
        return cache.length(run, term, [&] { return ++counted, static_cast<std::uint32_t>(run * 1'000 + term); });
    };
    for (int round = 0; round < 2; ++round) {
        for (RunId run = 1; run < 4; ++run)
            for (Term term = 0; term < 3; ++term) CHECK(length(run, term) == run * 1'000 + term);
    }
    CHECK(counted >= 9);
    CHECK(counted < 18);
    for (Term term = 0; term < 5'000; ++term) CHECK(length(9, term) == 9'000 + term);
}
