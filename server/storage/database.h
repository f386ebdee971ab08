// The database of state: one writer, several readers, all off the shards' threads.
//
// Operation. Writes queue for the writer thread, which runs what is waiting as one SQLite transaction, each
// work in a savepoint of its own: one commit, one fsync, however many asked. A work that throws is undone
// alone. Results come back after the commit: who has the result knows that it is on disk (WAL,
// synchronous=FULL). Reads run on reader threads, each on a snapshot, beside the writer.
//
// Concurrency. Every function may be called on every thread; a work runs on one of the database's threads,
// must not call the database again, and holds by value whatever may go while it runs.
//
// Limits. Queues are unbounded: a client's stream waits for its result before it asks again.
#pragma once
#include <condition_variable>
#include <deque>
#include <filesystem>
#include <future>
#include <mutex>
#include <span>
#include <thread>

#include "base/executor.h"
#include "storage/migrations.h"
#include "storage/transaction.h"

namespace chancery::storage {

namespace detail {

/// Work with its result, on its way through a database thread.
class Request {
  public:
    virtual ~Request() = default;
    /// Runs the work and keeps its result. Throws what the work throws.
    virtual void run(Transaction& transaction) = 0;
    /// Hands over the result, or `failure`. After a write: when it is committed.
    virtual void finish(std::exception_ptr failure) = 0;
};

template <class Work, class View>
class RequestAwaiter;

}  // namespace detail

class Database {
  public:
    struct Options {
        unsigned readers = 2;
        std::span<const Migration> schema = migrations();
    };

    /// Opens or creates the file (mode 0600) and brings the schema up to date.
    /// @throws StorageError  also when the schema is newer than this program: its text says so.
    explicit Database(const std::filesystem::path& file) : Database(file, Options()) {}
    Database(const std::filesystem::path& file, Options options);
    /// Finishes what is queued.
    ~Database();
    Database(const Database&) = delete;

    /// `co_await database.write(work)`: what `work(Transaction&)` returned, once it is committed; throws what
    /// it threw, or StorageError when the commit failed. If the waiting task is destroyed, the work is done
    /// all the same.
    template <class Work>
    auto write(Work work) {
        return detail::RequestAwaiter<Work, Transaction>(*this, std::move(work));
    }
    /// `co_await database.read(work)`: what `work(Snapshot&)` returned.
    template <class Work>
    auto read(Work work) {
        return detail::RequestAwaiter<Work, Snapshot>(*this, std::move(work));
    }

    /// The same for threads that may block: start-up, the command line, workers.
    template <class Work>
    std::invoke_result_t<Work&, Transaction&> write_now(Work work);
    template <class Work>
    std::invoke_result_t<Work&, Snapshot&> read_now(Work work);

    /// Waits until everything that was asked before has been answered. Nobody asks meanwhile.
    void drain();

    /// Writes a consistent copy to a new file (mode 0600) while the server runs. Blocks.
    void back_up_to(const std::filesystem::path& file);

    /// How many commits there were: with many writers at once, fewer than writes.
    std::uint64_t commits() const { return commits_; }

  private:
    template <class Work, class View>
    friend class detail::RequestAwaiter;
    template <class View, class Work>
    std::invoke_result_t<Work&, View&> wait_for(Work& work);

    using Queue = std::deque<std::unique_ptr<detail::Request>>;

    void submit(std::unique_ptr<detail::Request> request, Transaction*);
    void submit(std::unique_ptr<detail::Request> request, Snapshot*);
    void serve_writes();
    void commit(Queue batch);
    void run_read(detail::Request& request);
    std::unique_ptr<Connection> borrow_reader();
    void give_back(std::unique_ptr<Connection> reader);

    const std::filesystem::path file_;
    Connection writer_;
    std::atomic<std::uint64_t> commits_ = 0;

    std::mutex guard_;
    std::condition_variable wake_;
    Queue queue_;
    bool stopping_ = false;

    std::mutex readers_guard_;
    std::vector<std::unique_ptr<Connection>> readers_;  // those that nobody uses now
    std::optional<Workers> reader_threads_;  // none for a database in memory: it reads on the writer
    std::jthread writer_thread_;
};

}  // namespace chancery::storage

#include "storage/request.h"
