#include "s2s/meter.h"

#include <doctest/doctest.h>

using namespace chancery::s2s;
using namespace std::chrono_literals;

namespace {

const Moment start = Moment() + 1h;

}  // namespace

TEST_CASE("WhoSendsFasterThanAllowedWaits") {
    Meter meter({.stanzas_per_second = 10, .targets_per_minute = 5, .failure_percent = 50});
    for (int i = 0; i < 10; ++i) CHECK(meter.take(start) == 0ms);
    CHECK(meter.take(start) == 100ms);
    CHECK(meter.take(start) == 200ms);
    CHECK(meter.take(start + 2s) == 0ms);
}

TEST_CASE("AFewAddressesAMinuteAndOldOnesStay") {
    Meter meter({.stanzas_per_second = 10, .targets_per_minute = 2, .failure_percent = 50});
    CHECK(meter.admits("a@x", start));
    CHECK(meter.admits("b@x", start));
    CHECK_FALSE(meter.admits("c@x", start));
    CHECK(meter.admits("a@x", start + 30s));
    CHECK(meter.admits("c@x", start + 61s));
}

TEST_CASE("WhoTriesOutAddressesHasOneStanzaASecond") {
    Meter meter({.stanzas_per_second = 1000, .targets_per_minute = 1000, .failure_percent = 50});
    for (int i = 0; i < 49; ++i) {
        meter.take(start);
        meter.failed();
    }
    CHECK_FALSE(meter.is_suspicious());
    meter.take(start);
    CHECK(meter.is_suspicious());
    meter.take(start + 3s);
    meter.take(start + 3s);
    CHECK(meter.take(start + 3s) > 900ms);
    // A minute in which little fails ends it.
    meter.take(start + 65s);
    CHECK(meter.is_suspicious());
    meter.take(start + 130s);
    CHECK_FALSE(meter.is_suspicious());
}
