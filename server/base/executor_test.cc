#include "base/executor.h"

#include <doctest/doctest.h>

#include <atomic>
#include <stdexcept>

#include "base/task.h"
#include "support/loop.h"

using namespace chancery;

namespace {

Task<> compute(Workers& workers, int& out, bool& failed) {
    const auto work = [] { return 42; };
    out = co_await workers.run(work);
    const auto throwing = [] { throw std::runtime_error("disk"); };
    try {
        co_await workers.run(throwing);
    } catch (const std::runtime_error&) {
        failed = true;
    }
}

}  // namespace

TEST_CASE("WorkComesBackAsAValueOrAnExceptionToTheThreadThatAsked") {
    test::Loop loop;
    Workers workers(2);
    int value = 0;
    bool failed = false;
    TaskGroup group;
    group.spawn(compute(workers, value, failed));
    loop.run_until([&] { return failed; });
    CHECK(value == 42);
}

TEST_CASE("DrainedWorkersHaveDoneWhatTheyWereGiven") {
    Workers workers(3);
    std::atomic<int> done = 0;
    for (int i = 0; i < 1'000; ++i) workers.post([&done] { ++done; });
    workers.drain();
    CHECK(done == 1'000);
}

TEST_CASE("AWaiterThatIsDestroyedMissesItsResultWithoutHarm") {
    test::Loop loop;
    int value = 0;
    bool failed = false;
    {
        Workers workers(1);
        TaskGroup group;
        group.spawn(compute(workers, value, failed));
    }
    loop.run_ready();
    CHECK(value == 0);
}
