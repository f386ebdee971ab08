#include "accounts/lockout.h"

#include <doctest/doctest.h>

#include <string>

using namespace chancery;

namespace {

struct Fixture {
    Time now = from_micros(1'000'000'000);
    Lockout lockout{{.free_failures = 3, .free_failures_address = 10, .capacity = 50},
                    [this] { return now; }};
    void fail(int times, std::string_view name, std::string_view address) {
        for (int i = 0; i < times; ++i) lockout.failed(name, address);
    }
};

}  // namespace

TEST_CASE_FIXTURE(Fixture, "ThePauseBeginsAfterSomeFailuresAndDoubles") {
    fail(2, "romeo", "a");
    CHECK_FALSE(lockout.pause("romeo", "a"));
    for (const auto expected : {1s, 2s, 4s, 8s, 16s, 32s, 64s}) {
        fail(1, "romeo", "a");
        CHECK(lockout.pause("romeo", "a") == expected);
        now += expected;
        CHECK_FALSE(lockout.pause("romeo", "a"));
    }
}

TEST_CASE_FIXTURE(Fixture, "ThePauseHasALimitAndIsForgotten") {
    fail(40, "romeo", "a");
    CHECK(lockout.pause("romeo", "a") == 15min);
    now += 15min;
    fail(1, "romeo", "a");
    CHECK(lockout.pause("romeo", "a") == 15min);
    now += 61min;
    fail(1, "romeo", "a");
    CHECK_FALSE(lockout.pause("romeo", "a"));
}

TEST_CASE_FIXTURE(Fixture, "OthersAreNotLockedOut") {
    fail(3, "romeo", "a");
    CHECK_FALSE(lockout.pause("romeo", "b"));
    CHECK_FALSE(lockout.pause("juliet", "a"));
    CHECK_FALSE(lockout.pause("rome", "oa"));
}

TEST_CASE_FIXTURE(Fixture, "SuccessForgetsThePairButNotTheAddress") {
    fail(3, "romeo", "a");
    lockout.succeeded("romeo", "a");
    CHECK_FALSE(lockout.pause("romeo", "a"));
    for (int i = 0; i < 6; ++i) fail(1, "name" + std::to_string(i), "a");
    CHECK_FALSE(lockout.pause("juliet", "a"));
    fail(1, "one more", "a");
    CHECK(lockout.pause("juliet", "a") == 1s);
    lockout.succeeded("romeo", "a");
    CHECK(lockout.pause("romeo", "a") == 1s);
}

TEST_CASE_FIXTURE(Fixture, "MemoryIsBounded") {
    for (int i = 0; i < 1000; ++i)
        fail(1, std::string(3000, 'x') + std::to_string(i), "address " + std::to_string(i));
    CHECK(lockout.size() == 50);
}
