// A shard on a thread of its own, for tests: coroutines are started on it and waited for from the test's
// thread.
#pragma once
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <future>
#include <stdexcept>
#include <string>
#include <thread>
#include <type_traits>

#include "base/task.h"
#include "net/error.h"
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

    /// Returns when everything that was ready on the shard, and was left for the end of its turn, has run.
    void finish_turn() {
        std::promise<void> done;
        auto result = done.get_future();
        shard.post([this, done = std::move(done)]() mutable {
            shard.at_turn_end([done = std::move(done)]() mutable { done.set_value(); });
        });
        await(result);
    }

    /// Runs the task that `make()` gives, on the shard, to its end; throws ConnectionLost, SocketError and
    /// Timeout as they are, anything else as std::runtime_error.
    template <class Make>
    void run(Make make) {
        std::promise<Rethrow> done;
        auto result = done.get_future();
        shard.post([this, done = std::move(done), &make]() mutable {
            group.spawn(finish(make(), std::move(done)));
        });
        await(result)();
    }

    net::Shard shard;
    TaskGroup group;

  private:
    // An exception of the shard's own is not shared between threads: its count of owners is in libstdc++,
    // which ThreadSanitizer does not see.
    using Rethrow = std::function<void()>;
    template <class Error>
    static Rethrow rethrow(const Error& error) {
        return [text = std::string(error.what())] { throw Error(text); };
    }

    static Task<> finish(Task<> task, std::promise<Rethrow> done) {
        Rethrow end = [] {};
        try {
            co_await task;
        } catch (const net::ConnectionLost& error) {
            end = rethrow(error);
        } catch (const net::SocketError& error) {
            end = rethrow(error);
        } catch (const net::Timeout&) {
            end = [] { throw net::Timeout(); };
        } catch (const std::exception& error) {
            end = rethrow(std::runtime_error(error.what()));
        }
        done.set_value(std::move(end));
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
