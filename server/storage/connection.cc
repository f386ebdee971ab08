#include "storage/connection.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace chancery::storage {
namespace {

constexpr std::size_t prepared_limit = 512;  // SQL texts are literals; this only bounds a mistake
constexpr int owner_only = 0600;

/// The journal and shared-memory files that SQLite adds get the mode of the main file.
void create_private(const std::filesystem::path& file) {
    const int descriptor = ::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, owner_only);
    if (descriptor < 0) throw StorageError("cannot open " + file.string() + ": " + std::strerror(errno));
    const bool is_private = ::fchmod(descriptor, owner_only) == 0;
    ::close(descriptor);
    if (!is_private) throw StorageError("cannot make " + file.string() + " private: " + std::strerror(errno));
}

}  // namespace

Connection::Connection(const std::filesystem::path& file, Access access) {
    if (access == Access::write && file != ":memory:") create_private(file);
    sqlite3* raw = nullptr;
    const int code =
        sqlite3_open_v2(file.c_str(), &raw, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, nullptr);
    handle_.reset(raw);
    if (code != SQLITE_OK) throw StorageError("cannot open " + file.string() + ": " + sqlite3_errstr(code));
    sqlite3_extended_result_codes(raw, 1);
    sqlite3_busy_timeout(raw, 10'000);
    sqlite3_db_config(raw, SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
    execute(
        "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON;"
        "PRAGMA trusted_schema = OFF; PRAGMA journal_size_limit = 67108864;");
    if (access == Access::read) execute("PRAGMA query_only = ON");
}

void Connection::execute(const std::string& sql) {
    if (sqlite3_exec(handle_.get(), sql.c_str(), nullptr, nullptr, nullptr) != SQLITE_OK) fail(sql);
}

Connection::Prepared Connection::prepare(std::string_view sql) {
    Prepared prepared;
    sqlite3_stmt* raw = nullptr;
    const int code = sqlite3_prepare_v3(handle_.get(), sql.data(), static_cast<int>(sql.size()),
                                        SQLITE_PREPARE_PERSISTENT, &raw, nullptr);
    prepared.handle.reset(raw);
    if (code != SQLITE_OK || !raw) fail(sql);
    const int values = sqlite3_bind_parameter_count(raw);
    for (int number = 1; number <= values; ++number) {
        prepared.place.push_back(sqlite3_bind_parameter_index(raw, ("$" + std::to_string(number)).c_str()));
        if (prepared.place.back() == 0)
            throw StorageError("values are not numbered $1, $2, … in: " + std::string(sql));
    }
    return prepared;
}

void Connection::fail(std::string_view sql) {
    throw StorageError(std::string(sqlite3_errmsg(handle_.get())) + " in: " + std::string(sql));
}

Statement::Statement(Connection& connection, std::string_view sql) : connection_(connection), sql_(sql) {
    const auto cached = connection.prepared_.find(sql);
    if (cached != connection.prepared_.end() && !cached->second->is_busy) {
        prepared_ = cached->second.get();
    } else {
        own_ = std::make_unique<Connection::Prepared>(connection.prepare(sql));
        prepared_ = own_.get();
        const bool may_keep =
            cached == connection.prepared_.end() && connection.prepared_.size() < prepared_limit;
        if (may_keep) connection.prepared_.emplace(sql, std::move(own_));
    }
    prepared_->is_busy = true;
}

Statement::~Statement() {
    sqlite3_reset(handle());
    sqlite3_clear_bindings(handle());
    prepared_->is_busy = false;
}

bool Statement::step() {
    switch (sqlite3_step(handle())) {
        case SQLITE_ROW: return true;
        case SQLITE_DONE: return false;
        default: connection_.fail(sql_);
    }
}

void Statement::require_values(std::size_t given) {
    if (given == prepared_->place.size()) return;
    throw StorageError(std::to_string(given) + " values given to: " + std::string(sql_));
}

void Statement::check(int code) {
    if (code != SQLITE_OK) connection_.fail(sql_);
}

}  // namespace chancery::storage
