#include "net/wheel.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <memory>
#include <random>
#include <vector>

using namespace chancery::net;

namespace {

struct Alarm final : TimerNode {
    explicit Alarm(std::vector<std::uint64_t>& log) : rung(log) {}
    void run() override { rung.push_back(due()); }
    std::vector<std::uint64_t>& rung;
};

}  // namespace

TEST_CASE("TimersRunInOrderAndNeverEarly") {
    Wheel wheel;
    std::vector<std::uint64_t> rung;
    std::vector<std::unique_ptr<Alarm>> alarms;
    std::mt19937_64 random(7);
    std::uint64_t now = 0;
    std::size_t expected = 0;
    for (int step = 0; step < 3000; ++step) {
        for (int i = 0; i < 3; ++i) {
            const auto reach = std::uint64_t{1} << (random() % 22);
            wheel.add(*alarms.emplace_back(std::make_unique<Alarm>(rung)), now + 1 + random() % reach);
        }
        now += random() % 500;
        rung.clear();
        wheel.advance(now);
        CHECK(std::ranges::is_sorted(rung));
        for (const auto due : rung) CHECK(due <= now);
        CHECK(wheel.next() > now);
        expected += rung.size();
    }
    rung.clear();
    wheel.advance(now + (1 << 23));
    CHECK(expected + rung.size() == alarms.size());
    CHECK(wheel.next() == Wheel::never);
}

TEST_CASE("ATimerThatIsDestroyedOrStartedAnewDoesNotRunAtItsOldTime") {
    Wheel wheel;
    std::vector<std::uint64_t> rung;
    Alarm restarted(rung);
    {
        Alarm gone(rung);
        wheel.add(gone, 10);
        wheel.add(restarted, 10);
        wheel.add(restarted, 5000);
    }
    wheel.advance(4999);
    CHECK(rung.empty());
    wheel.advance(5000);
    CHECK(rung == std::vector<std::uint64_t>{5000});
}

TEST_CASE("ATimeThatHasPassedIsTheNextTickAndNoTimeIsTooFar") {
    Wheel wheel;
    std::vector<std::uint64_t> rung;
    Alarm late(rung), far(rung);
    wheel.advance(100);
    wheel.add(late, 3);
    wheel.add(far, Wheel::never);
    wheel.advance(101);
    CHECK(rung == std::vector<std::uint64_t>{101});
    CHECK(far.is_linked());
}
