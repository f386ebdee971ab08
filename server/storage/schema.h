// Brings a database's schema up to date.
#pragma once
#include <span>

#include "storage/migrations.h"
#include "storage/transaction.h"

namespace chancery::storage {

/// Applies what is missing of `steps`, each in a transaction of its own.
/// @throws StorageError  when a step fails, or when the database has steps that this program does not know.
void migrate(Connection& connection, std::span<const Migration> steps);

}  // namespace chancery::storage
