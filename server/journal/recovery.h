// What is done when the journal is opened: find where it ends, and make sure that it is the journal that was
// closed.
#pragma once
#include <memory>

#include "journal/catalog.h"
#include "journal/checkpoint.h"
#include "journal/tree_file.h"

namespace chancery::journal {

/// The journal must not be written as it is: records that were on record are damaged or missing, or a key is.
/// what() names the place and the command that tells more.
struct OpenError : std::runtime_error {
    using std::runtime_error::runtime_error;
};

/// What the segments say about the journal's end.
struct End {
    std::string journal;  // the 16 bytes in every segment header; empty when there is no segment
    Time last_time{};
    bool last_is_sealed = false;
};

/// Fills the catalog from the folder. Sealed segments are known by their footers; the last one is read whole,
/// and an unfinished batch at its end is left out (nobody was told that it is on record).
/// @param covered  how many records the last checkpoint speaks of: damage among them is an OpenError
/// @throws OpenError, FileError
End recover_segments(Catalog& catalog, const std::filesystem::path& folder, std::uint64_t covered);

/// The tree over all records of the catalog; rebuilt from the last checkpoint, or from the beginning when the
/// file does not fit it. @throws OpenError when the records do not add up to the checkpoint's root; FileError
std::shared_ptr<TreeFile> recover_tree(const std::filesystem::path& path, const Catalog& catalog,
                                       const Checkpoint& last, Disk& disk);

}  // namespace chancery::journal
