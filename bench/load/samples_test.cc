#include "load/samples.h"

#include <doctest/doctest.h>

using namespace chancery::load;
using std::chrono::milliseconds;

TEST_CASE("Percentiles are samples, by nearest rank") {
    Samples samples;
    CHECK(samples.percentile_ms(50) == 0);
    for (int i = 100; i >= 1; --i) samples.add(milliseconds(i));
    CHECK(samples.percentile_ms(0) == 1);
    CHECK(samples.percentile_ms(50) == 50);
    CHECK(samples.percentile_ms(99) == 99);
    CHECK(samples.percentile_ms(99.5) == 100);
    CHECK(samples.percentile_ms(100) == 100);
}
