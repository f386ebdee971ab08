// What work on the database sees: a snapshot to read, or a transaction to read and write.
//
// Values are written $1, $2, … so that one SQL text serves SQLite and PostgreSQL. Every function throws
// StorageError.
#pragma once
#include <optional>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

#include "storage/connection.h"

namespace chancery::storage {

/// Reads, all of one moment.
class Snapshot {
  public:
    explicit Snapshot(Connection& connection) : connection_(connection) {}
    Snapshot(const Snapshot&) = delete;

    /// The first column of the first row, or nothing when there is no row. Where it may be null, ask for an
    /// optional.
    template <class T, class... Values>
    std::optional<T> one(std::string_view sql, const Values&... values) {
        Statement statement(connection_, sql);
        statement.bind(values...);
        if (!statement.step()) return std::nullopt;
        return statement.template column<T>(0);
    }

    /// The first row, or nothing: `row<std::string, std::int64_t>("SELECT name, id FROM …")`.
    template <class... Columns, class... Values>
    std::optional<std::tuple<Columns...>> row(std::string_view sql, const Values&... values) {
        Statement statement(connection_, sql);
        statement.bind(values...);
        if (!statement.step()) return std::nullopt;
        return read<Columns...>(statement, std::index_sequence_for<Columns...>());
    }

    /// All rows, in memory: for results that are known to be small.
    template <class... Columns, class... Values>
    std::vector<std::tuple<Columns...>> rows(std::string_view sql, const Values&... values) {
        Statement statement(connection_, sql);
        statement.bind(values...);
        std::vector<std::tuple<Columns...>> all;
        while (statement.step())
            all.push_back(read<Columns...>(statement, std::index_sequence_for<Columns...>()));
        return all;
    }

    /// Calls `visit(columns…)` for each row; a `std::string_view` or `BlobView` column lives until it
    /// returns.
    template <class... Columns, class Visit, class... Values>
    void each(std::string_view sql, Visit&& visit, const Values&... values) {
        Statement statement(connection_, sql);
        statement.bind(values...);
        while (statement.step())
            std::apply(visit, read<Columns...>(statement, std::index_sequence_for<Columns...>()));
    }

  protected:
    Connection& connection_;

  private:
    template <class... Columns, std::size_t... Numbers>
    static std::tuple<Columns...> read(Statement& statement, std::index_sequence<Numbers...>) {
        return std::tuple<Columns...>{statement.template column<Columns>(static_cast<int>(Numbers))...};
    }
};

/// Reads and writes that become one with the commit, or none of them.
class Transaction : public Snapshot {
  public:
    using Snapshot::Snapshot;

    /// Runs one statement; how many rows it changed.
    template <class... Values>
    std::int64_t run(std::string_view sql, const Values&... values) {
        Statement statement(connection_, sql);
        statement.bind(values...);
        while (statement.step()) {
        }
        return sqlite3_changes64(connection_.handle());
    }
};

}  // namespace chancery::storage
