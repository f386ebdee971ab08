#include "storage/database.h"

#include <sys/stat.h>

#include "storage/schema.h"

namespace chancery::storage {
namespace {

bool is_in_memory(const std::filesystem::path& file) { return file == ":memory:"; }

/// What every transaction says: prepared once, unlike Connection::execute.
void say(Connection& connection, std::string_view sql) {
    Statement statement(connection, sql);
    statement.bind();
    while (statement.step()) {
    }
}

/// Runs one work in a savepoint; what it throws, after undoing it. Nothing when it went well.
std::exception_ptr attempt(Connection& connection, detail::Request& request) {
    try {
        say(connection, "SAVEPOINT work");
        Transaction transaction(connection);
        request.run(transaction);
        say(connection, "RELEASE work");
        return nullptr;
    } catch (...) {
        auto failure = std::current_exception();
        if (connection.in_transaction()) connection.execute("ROLLBACK TO work; RELEASE work");
        return failure;
    }
}

}  // namespace

Database::Database(const std::filesystem::path& file, Options options)
    : file_(file), writer_(file, Access::write) {
    migrate(writer_, options.schema);
    if (!is_in_memory(file)) reader_threads_.emplace(options.readers);
    writer_thread_ = std::jthread([this] { serve_writes(); });
}

Database::~Database() {
    reader_threads_.reset();
    {
        const std::lock_guard lock(guard_);
        stopping_ = true;
    }
    wake_.notify_all();
}

void Database::submit(std::unique_ptr<detail::Request> request, Transaction*) {
    {
        const std::lock_guard lock(guard_);
        queue_.push_back(std::move(request));
    }
    wake_.notify_one();
}

void Database::submit(std::unique_ptr<detail::Request> request, Snapshot*) {
    if (!reader_threads_) return submit(std::move(request), static_cast<Transaction*>(nullptr));
    reader_threads_->post([this, request = std::move(request)] { run_read(*request); });
}

void Database::serve_writes() {
    while (true) {
        std::unique_lock lock(guard_);
        wake_.wait(lock, [this] { return stopping_ || !queue_.empty(); });
        if (queue_.empty()) return;
        auto batch = std::exchange(queue_, {});
        lock.unlock();
        commit(std::move(batch));
    }
}

void Database::commit(Queue batch) {
    std::vector<std::exception_ptr> failures(batch.size());
    std::exception_ptr all_failed;
    try {
        say(writer_, "BEGIN IMMEDIATE");
        for (std::size_t i = 0; i < batch.size(); ++i) {
            failures[i] = attempt(writer_, *batch[i]);
            // A full disk or the like ends the transaction: who went before has lost their work too.
            if (!writer_.in_transaction()) std::rethrow_exception(failures[i]);
        }
        say(writer_, "COMMIT");
        ++commits_;
        // Beyond this point the work is on disk.
    } catch (...) {
        all_failed = std::current_exception();
        if (writer_.in_transaction()) sqlite3_exec(writer_.handle(), "ROLLBACK", nullptr, nullptr, nullptr);
    }
    // Moved, so that an exception ends on the thread that caught it and not on this one.
    for (std::size_t i = 0; i < batch.size(); ++i)
        batch[i]->finish(all_failed ? all_failed : std::move(failures[i]));
}

void Database::run_read(detail::Request& request) {
    std::exception_ptr failure;
    try {
        auto reader = borrow_reader();
        say(*reader, "BEGIN");
        Transaction snapshot(*reader);  // the connection is query_only, and the work sees a Snapshot
        try {
            request.run(snapshot);
        } catch (...) {
            failure = std::current_exception();
        }
        if (reader->in_transaction()) say(*reader, "ROLLBACK");
        give_back(std::move(reader));
    } catch (...) {
        failure = std::current_exception();
    }
    request.finish(std::move(failure));
}

std::unique_ptr<Connection> Database::borrow_reader() {
    {
        const std::lock_guard lock(readers_guard_);
        if (!readers_.empty()) {
            auto reader = std::move(readers_.back());
            readers_.pop_back();
            return reader;
        }
    }
    return std::make_unique<Connection>(file_, Access::read);
}

void Database::give_back(std::unique_ptr<Connection> reader) {
    const std::lock_guard lock(readers_guard_);
    readers_.push_back(std::move(reader));
}

void Database::drain() {
    if (reader_threads_) reader_threads_->drain();
    write_now([](Transaction&) {});  // the writer takes its queue in order
}

void Database::back_up_to(const std::filesystem::path& file) {
    if (std::filesystem::exists(file)) throw StorageError(file.string() + " exists already");
    Connection copy(file, Access::write);
    Connection source(file_, Access::read);
    const std::unique_ptr<sqlite3_backup, decltype(&sqlite3_backup_finish)> backup(
        sqlite3_backup_init(copy.handle(), "main", source.handle(), "main"), &sqlite3_backup_finish);
    if (!backup || sqlite3_backup_step(backup.get(), -1) != SQLITE_DONE)
        throw StorageError("backup failed: " + std::string(sqlite3_errmsg(copy.handle())));
}

}  // namespace chancery::storage
