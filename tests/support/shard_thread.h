// A shard on a thread of its own, for tests: coroutines are started on it and waited for from the test's
// thread.
#pragma once
#include <exception>
#include <future>
#include <stdexcept>
#include <thread>
#include <type_traits>

#include "base/task.h"
#include "net/shard.h"

namespace chancery::test {

class ShardThread {
  public:
    explicit ShardThread(unsigned index = 0) : shard(index), thread_([this] { shard.run(); }) {}
    ~ShardThread() {
        shard.stop([this] { group.clear(); });
        thread_.join();
    }

    /// Runs `work()` on the shard and gives its value or exception here.
    template <class Work>
    auto call(Work work) {
        using Value = std::invoke_result_t<Work&>;
        std::packaged_task<Value()> task(std::move(work));
        auto result = task.get_future();
        shard.post([task = std::move(task)]() mutable { task(); });
        return await(result);
    }

    /// Runs the task that `make()` gives, on the shard, to its end or its exception.
    template <class Make>
    void run(Make make) {
        std::promise<void> done;
        auto result = done.get_future();
        shard.post([this, done = std::move(done), &make]() mutable { group.spawn(finish(make(), std::move(done))); });
        await(result);
    }

    net::Shard shard;
    TaskGroup group;

  private:
    static Task<> finish(Task<> task, std::promise<void> done) {
        try {
            co_await task;
            done.set_value();
        } catch (...) {
            done.set_exception(std::current_exception());
        }
    }
    template <class Value>
    static Value await(std::future<Value>& result) {
        if (result.wait_for(std::chrono::seconds(60)) != std::future_status::ready) {
            std::fputs("test: a shard does not answer\n", stderr);
            std::abort();
        }
        return result.get();
    }

    std::thread thread_;
};

}  // namespace chancery::test
