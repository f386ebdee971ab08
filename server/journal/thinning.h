// Which checkpoints are kept for good. One is signed in every second in which something was written: after an hour the
// most of them tell nothing that a later one does not.
#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "base/time.h"
#include "journal/format.h"

namespace chancery::journal {

/// The notes of the last hour; of older ones the first and the last, the last of each hour, the first that covers each
/// sealed segment, and as many that no more than 65,536 records are between two. What is no note is kept as it is.
/// @param segment_ends  the positions behind the sealed segments, in order
std::string thinned(std::string_view notes, const std::vector<Position>& segment_ends, Time now);

}  // namespace chancery::journal
