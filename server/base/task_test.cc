#include "base/task.h"

#include <doctest/doctest.h>

#include <memory>
#include <stdexcept>
#include <vector>

using namespace chancery;

namespace {

/// A gate that tasks wait at and the test opens.
struct Gate {
    std::vector<std::coroutine_handle<>> waiting;
    struct Awaiter {
        Gate& gate;
        bool await_ready() const { return false; }
        void await_suspend(std::coroutine_handle<> caller) { gate.waiting.push_back(caller); }
        void await_resume() const {}
    };
    Awaiter operator co_await() { return {*this}; }
    void open() {
        for (auto handle : std::exchange(waiting, {})) handle.resume();
    }
};

Task<int> doubled(int value) { co_return value * 2; }
Task<int> thrown() {
    throw std::runtime_error("no");
    co_return 0;
}
Task<> sum_into(int& out) { out = co_await doubled(20) + co_await doubled(1); }
Task<> catch_into(bool& caught) {
    try {
        co_await thrown();
    } catch (const std::runtime_error&) {
        caught = true;
    }
}
Task<> wait_at(Gate& gate, std::shared_ptr<int> held, int& passed) {
    co_await gate;
    passed += *held;
}

}  // namespace

TEST_CASE("ATaskGivesItsValueOrItsExceptionToWhoAwaitsIt") {
    TaskGroup group;
    int sum = 0;
    bool caught = false;
    group.spawn(sum_into(sum));
    group.spawn(catch_into(caught));
    CHECK(sum == 42);
    CHECK(caught);
    CHECK(group.empty());
}

TEST_CASE("AGroupHoldsWhatWaitsAndDropsWhatEnded") {
    TaskGroup group;
    Gate gate;
    int passed = 0;
    auto one = std::make_shared<int>(1);
    group.spawn(wait_at(gate, one, passed));
    group.spawn(wait_at(gate, one, passed));
    CHECK(group.size() == 2);
    gate.open();
    CHECK(passed == 2);
    CHECK(group.empty());
}

TEST_CASE("DestroyingAGroupDestroysWhatItsTasksHold") {
    auto held = std::make_shared<int>(1);
    std::weak_ptr<int> watch = held;
    int passed = 0;
    Gate gate;
    {
        TaskGroup group;
        group.spawn(wait_at(gate, std::move(held), passed));
        CHECK_FALSE(watch.expired());
    }
    CHECK(watch.expired());
    CHECK(passed == 0);
}

TEST_CASE("AMillionTransfersDoNotGrowTheStack") {
    struct Loop {
        static Task<> run(long& count) {
            for (int i = 0; i < 1'000'000; ++i) count += co_await doubled(1);
        }
    };
    long count = 0;
    TaskGroup group;
    group.spawn(Loop::run(count));
    CHECK(count == 2'000'000);
}
