// Which runs are merged, and how.
#pragma once
#include <optional>

#include "archive/store.h"

namespace chancery::archive {

/// From which run on the last runs are to become one: when together they make a run of the next power of sixteen
/// records. Nothing when they are well as they are. Runs of `largest` records and more stay, so that the largest merge
/// takes about a second.
std::optional<std::size_t> due_merge(const std::vector<RunPtr>& runs, std::uint32_t largest = 1u << 20);

/// Merges the runs from number `from` on into one, and commits.
/// @throws storage::StorageError, IndexDamaged; then roll back, and nothing has changed.
void merge(Store& store, std::size_t from);

}  // namespace chancery::archive
