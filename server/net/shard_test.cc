#include "net/shard.h"

#include <doctest/doctest.h>
#include <sys/resource.h>

#include <algorithm>
#include <deque>
#include <thread>

#include "net/wait.h"
#include "support/shard_thread.h"

using namespace chancery;
using namespace chancery::net;

TEST_CASE("JobsOfOneSenderRunInOrderWhateverOthersPost") {
    test::ShardThread home;
    constexpr int senders = 4, jobs = 20'000;
    std::vector<int> next(senders);
    bool in_order = true;
    {
        std::vector<std::jthread> threads;
        for (int sender = 0; sender < senders; ++sender)
            threads.emplace_back([&, sender] {
                for (int i = 0; i < jobs; ++i)
                    home.shard.post([&, sender, i] { in_order = in_order && next[sender]++ == i; });
            });
    }
    home.call([] {});
    CHECK(in_order);
    CHECK(next == std::vector<int>(senders, jobs));
}

TEST_CASE("AShardThatSleepsIsWokenByEveryPost") {
    test::ShardThread home;
    for (int i = 0; i < 2000; ++i) CHECK(home.call([i] { return i; }) == i);
}

TEST_CASE("WhatIsLeftForTheEndOfTheTurnRunsOnceAfterItsEvents") {
    test::ShardThread home;
    std::vector<std::string> order;
    home.call([&] {
        auto& shard = home.shard;
        shard.at_turn_end([&] { order.push_back("end"); });
        shard.post([&] { order.push_back("posted"); });
        order.push_back("now");
    });
    home.finish_turn();
    CHECK(order.front() == "now");
    CHECK(std::ranges::count(order, "end") == 1);
}

TEST_CASE("StopRunsWhatWasPostedBeforeAndThenTheLastJob") {
    Shard shard(3);
    std::vector<int> order;
    shard.post([&] { order.push_back(1); });
    shard.stop([&] { order.push_back(2); });
    shard.run();
    CHECK(order == std::vector{1, 2});
    CHECK(shard.index() == 3);
    shard.post([] {});  // dropped with the shard
}

TEST_CASE("AnIdleShardUsesNoTime") {
    test::ShardThread home;
    Timer timer;
    home.call([&] { timer.start(1h, [] {}); });
    rusage before{}, after{};
    const auto thread_usage = [](rusage& usage) { getrusage(RUSAGE_THREAD, &usage); };
    home.call([&] { thread_usage(before); });
    std::this_thread::sleep_for(100ms);
    home.call([&] {
        thread_usage(after);
        timer.cancel();
    });
    CHECK(after.ru_nvcsw - before.ru_nvcsw < 10);
}

namespace {

/// Somebody who is written to in the next turn, or was in this one.
struct Written {
    Written(std::vector<int>& order, int number) : order(order), number(number) {}
    void write() { Shard::current().flush_at_turn_end(flush_); }
    void flush() { order.push_back(number); }
    std::vector<int>& order;
    const int number;
    Hook<Written, &Written::write> write_{*this};
    Hook<Written, &Written::flush> flush_{*this};
};

}  // namespace

TEST_CASE("WhoIsWrittenToBesideACrowdDoesNotWaitForTheCrowd") {
    constexpr int many = 2'000, other = -1;
    std::vector<int> order;
    std::deque<Written> crowd;
    Written late(order, other);
    {
        test::ShardThread home;
        home.call([&] {
            for (int i = 0; i < many; ++i) crowd.emplace_back(order, i).write();
            home.shard.at_turn_end([&] { home.shard.run_next_turn(late.write_); });
        });
        home.finish_turn();
    }
    CHECK(order.size() == many + 1);  // also what was left when the shard ended
    CHECK(std::ranges::find(order, other) - order.begin() < many / 2);
    order.erase(std::ranges::find(order, other));
    CHECK(std::ranges::is_sorted(order));
}
