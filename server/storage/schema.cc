#include "storage/schema.h"

#include "base/log.h"
#include "base/time.h"

namespace chancery::storage {
namespace {

constexpr auto create_log = R"sql(
CREATE TABLE IF NOT EXISTS schema_migration (
    number     INTEGER PRIMARY KEY,
    name       TEXT NOT NULL,
    applied_us BIGINT NOT NULL
))sql";

void apply(Connection& connection, const Migration& step) {
    connection.execute("BEGIN IMMEDIATE");
    try {
        connection.execute(std::string(step.sql));
        Transaction(connection)
            .run("INSERT INTO schema_migration (number, name, applied_us) VALUES ($1, $2, $3)", step.number,
                 step.name, system_now());
        connection.execute("COMMIT");
    } catch (...) {
        if (connection.in_transaction()) connection.execute("ROLLBACK");
        throw;
    }
    log::info("storage.migrated", {{"step", step.number}, {"name", step.name}});
}

}  // namespace

void migrate(Connection& connection, std::span<const Migration> steps) {
    connection.execute(create_log);
    const int newest = steps.empty() ? 0 : steps.back().number;
    const int present =
        Snapshot(connection).one<int>("SELECT COALESCE(MAX(number), 0) FROM schema_migration").value();
    if (present > newest)
        throw StorageError(
            "this database was written by a newer Chancery: its schema is number " + std::to_string(present) +
            ", this program knows up to " + std::to_string(newest) +
            ". Install the newer program again, or restore the backup from before the upgrade.");
    for (const auto& step : steps)
        if (step.number > present) apply(connection, step);
}

}  // namespace chancery::storage
