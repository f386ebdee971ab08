#include "net/wait.h"

#include <doctest/doctest.h>

#include "support/shard_thread.h"

using namespace chancery;
using namespace chancery::net;

namespace {

struct Witness {
    int& count;
    explicit Witness(int& c) : count(c) { ++count; }
    ~Witness() { --count; }
};

Task<int> answer_after(std::chrono::milliseconds time, int& alive) {
    const Witness witness(alive);
    if (time > 0ms) co_await sleep(time);
    co_return 42;
}
Task<> forget(std::chrono::milliseconds time, int& alive) { co_await answer_after(time, alive); }
Task<int> fail_after(std::chrono::milliseconds time) {
    if (time > 0ms) co_await sleep(time);
    throw std::runtime_error("failed");
}
Task<> wait_for(Event& event, int& woken) {
    co_await event.wait();
    ++woken;
}
Task<> wait_alive(Event& event, int& alive) {
    const Witness witness(alive);
    co_await event.wait();
}
Task<> sleep_then_set(std::chrono::milliseconds time, Event& event) {
    co_await sleep(time);
    event.set();
}
Task<> throw_after(std::chrono::milliseconds time) {
    if (time > 0ms) co_await sleep(time);
    throw std::runtime_error("failed");
}

}  // namespace

static Task<> measure(std::chrono::milliseconds time, std::vector<double>& late) {
    const auto begin = std::chrono::steady_clock::now();
    co_await sleep(time);
    late.push_back(
        std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - begin - time).count());
}

TEST_CASE("SleepLastsAsLongAsAskedAndLittleLonger") {
    test::ShardThread home;
    std::vector<double> late;
    for (const auto time : {1ms, 5ms, 20ms, 70ms}) home.run([&] { return measure(time, late); });
    for (const auto milliseconds : late) {
        CHECK(milliseconds > -1);  // the shard's clock is read once per turn
        CHECK(milliseconds < 200);
    }
}

TEST_CASE("ATimerThatIsCancelledDestroyedOrRestartedDoesNotRun") {
    test::ShardThread home;
    int rung = 0;
    auto cancelled = std::make_unique<Timer>(), restarted = std::make_unique<Timer>();
    home.call([&] {
        Timer destroyed;
        destroyed.start(1ms, [&] { rung += 100; });
        cancelled->start(1ms, [&] { rung += 10; });
        cancelled->cancel();
        restarted->start(1ms, [&] { rung += 1000; });
        restarted->start(2ms, [&] {
            ++rung;
            restarted.reset();  // a callback may destroy its timer
        });
    });
    int alive = 0;
    home.run([&] { return forget(30ms, alive); });
    CHECK(rung == 1);
    CHECK(!restarted);
}

static Task<> try_within(std::vector<std::string>& seen, int& alive) {
    auto quick = answer_after(1ms, alive);
    const int answer = co_await within(5s, std::move(quick));
    seen.push_back(std::to_string(answer));
    auto immediate = answer_after(0ms, alive);
    const int at_once = co_await within(5s, std::move(immediate));
    seen.push_back(std::to_string(at_once));
    for (const auto time : {0ms, 1ms}) {
        try {
            auto failing = fail_after(time);
            co_await within(5s, std::move(failing));
        } catch (const std::runtime_error& failure) {
            seen.push_back(failure.what());
        }
    }
    try {
        auto slow = answer_after(1h, alive);
        co_await within(5ms, std::move(slow));
    } catch (const Timeout&) {
        seen.push_back(alive == 0 ? "timeout, destroyed" : "timeout, alive");
    }
}

TEST_CASE("WithinGivesTheValueTheExceptionOrATimeoutAfterDestroyingTheTask") {
    test::ShardThread home;
    std::vector<std::string> seen;
    int alive = 0;
    home.run([&] { return try_within(seen, alive); });
    CHECK(seen == std::vector<std::string>{"42", "42", "failed", "failed", "timeout, destroyed"});
}

static Task<> try_both(std::vector<std::string>& seen, int& alive) {
    Event first, second;
    auto a = wait_alive(first, alive), b = sleep_then_set(2ms, first);
    co_await both(std::move(a), std::move(b));
    seen.push_back("both ended");
    for (const auto time : {0ms, 2ms}) {
        for (const bool waiter_first : {true, false}) {
            auto waiting = wait_alive(second, alive);
            auto failing = throw_after(time);
            try {
                auto end = waiter_first ? both(std::move(waiting), std::move(failing))
                                        : both(std::move(failing), std::move(waiting));
                co_await end;
            } catch (const std::runtime_error& failure) {
                seen.push_back(alive == 0 ? "other destroyed" : "other alive");
            }
        }
    }
}

TEST_CASE("BothEndsWithBothAndAFailureOfOneDestroysTheOther") {
    test::ShardThread home;
    std::vector<std::string> seen;
    int alive = 0;
    home.run([&] { return try_both(seen, alive); });
    CHECK(seen == std::vector<std::string>{"both ended", "other destroyed", "other destroyed",
                                           "other destroyed", "other destroyed"});
}

static Task<> nested(Event& event, int& alive) {
    auto a = wait_alive(event, alive), b = forget(1h, alive);
    auto pair = both(std::move(a), std::move(b));
    co_await within(1h, std::move(pair));
}

TEST_CASE("EveryWaitMayBeDestroyedWhileItIsSuspended") {
    test::ShardThread home;
    int alive = 0, woken = 0;
    auto event = std::make_unique<Event>();
    home.call([&] {
        TaskGroup group;
        group.spawn(nested(*event, alive));
        group.spawn(wait_for(*event, woken));
        CHECK(alive == 2);
        event->set();  // woken, and destroyed before they run
        group.clear();
        CHECK(alive == 0);
    });
    home.finish_turn();
    home.call([&] { event.reset(); });
    CHECK(woken == 0);
}

TEST_CASE("AnEventWakesAllWhoWaitAndLetsPassUntilItIsReset") {
    test::ShardThread home;
    Event event;
    int woken = 0;
    home.call([&] {
        home.group.spawn(wait_for(event, woken));
        home.group.spawn(wait_for(event, woken));
        event.set();
        CHECK(woken == 0);  // by the loop, not by set()
    });
    home.run([&] { return wait_for(event, woken); });
    home.call([&] { event.reset(); });
    home.finish_turn();
    CHECK(woken == 3);
    CHECK_FALSE(event.is_set());
}

static Task<> travel(Shard& a, Shard& b, int times, int& misplaced) {
    for (int i = 0; i < times; ++i) {
        co_await hop(b);
        misplaced += &Shard::current() != &b;
        co_await hop(a);
        misplaced += &Shard::current() != &a;
    }
}

TEST_CASE("ATaskHopsBetweenTwoShardsFourThousandTimes") {
    test::ShardThread a(0), b(1);
    int misplaced = 0;
    a.run([&] { return travel(a.shard, b.shard, 2000, misplaced); });
    CHECK(misplaced == 0);
}

TEST_CASE("AHopThatIsDestroyedUnderWayNeverArrives") {
    test::ShardThread a(0);
    Shard b(1);  // does not run yet
    int misplaced = 0;
    a.call([&] {
        TaskGroup group;
        group.spawn(travel(a.shard, b, 1, misplaced));
    });
    b.stop();
    b.run();
    CHECK(misplaced == 0);
}
