// One SQLite connection with its prepared statements. Used by one thread at a time.
#pragma once
#include <sqlite3.h>

#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "storage/value.h"

namespace chancery::storage {

enum class Access { read, write };

class Connection {
  public:
    /// Opens the file, creating it with mode 0600 where it is missing and access is `write`; ":memory:" is a
    /// database of this connection only. @throws StorageError
    Connection(const std::filesystem::path& file, Access access);

    /// Runs statements that take no values and give no rows.
    void execute(const std::string& sql);
    /// Whether a transaction is open. A failure such as a full disk closes it.
    bool in_transaction() const { return sqlite3_get_autocommit(handle_.get()) == 0; }
    sqlite3* handle() { return handle_.get(); }

  private:
    friend class Statement;
    struct Prepared {
        std::unique_ptr<sqlite3_stmt, decltype(&sqlite3_finalize)> handle{nullptr, &sqlite3_finalize};
        std::vector<int> place;  // of $1, $2, …: SQLite numbers them as they first occur
        bool is_busy = false;
    };
    struct TextHash {
        using is_transparent = void;
        std::size_t operator()(std::string_view text) const { return std::hash<std::string_view>()(text); }
    };

    Prepared prepare(std::string_view sql);
    [[noreturn]] void fail(std::string_view sql);

    struct Close {
        void operator()(sqlite3* handle) const { sqlite3_close_v2(handle); }
    };
    std::unique_ptr<sqlite3, Close> handle_;
    std::unordered_map<std::string, std::unique_ptr<Prepared>, TextHash, std::equal_to<>> prepared_;
};

/// One run of a statement: bound, stepped, and given back to the cache when it goes.
class Statement {
  public:
    Statement(Connection& connection, std::string_view sql);
    ~Statement();
    Statement(const Statement&) = delete;

    /// Binds $1, $2, … to the values, which must outlive this run.
    template <class... Values>
    void bind(const Values&... values) {
        require_values(sizeof...(values));
        [[maybe_unused]] std::size_t number = 0;
        (check(detail::bind(handle(), prepared_->place[number++], values)), ...);
    }
    /// Whether there is a next row.
    bool step();
    template <class T>
    T column(int number) {
        return detail::column<T>(handle(), number);
    }

  private:
    sqlite3_stmt* handle() { return prepared_->handle.get(); }
    void require_values(std::size_t given);
    void check(int code);

    Connection& connection_;
    std::string_view sql_;
    std::unique_ptr<Connection::Prepared> own_;  // when the cached one is in use further up the stack
    Connection::Prepared* prepared_;
};

}  // namespace chancery::storage
