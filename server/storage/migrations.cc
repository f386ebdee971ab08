#include "storage/migrations.h"

#include <array>

namespace chancery::storage {
namespace {

constexpr std::array all{
    Migration{1, "accounts", R"sql(
CREATE TABLE account (
    name            TEXT PRIMARY KEY,
    roles           TEXT NOT NULL,      -- separated by spaces
    disabled_reason TEXT,
    credentials     BLOB NOT NULL,      -- sealed
    created_us      BIGINT NOT NULL,
    last_logon_us   BIGINT
);
)sql"},
};

}  // namespace

std::span<const Migration> migrations() { return all; }

}  // namespace chancery::storage
