// What the archive must know of a record before it is indexed.
#pragma once
#include <cstdint>

#include "archive/owner.h"
#include "base/time.h"

namespace chancery::archive {

/// As journal::Position: 0, 1, 2, … without gaps.
using Position = std::uint64_t;

struct TailEntry {
    Position position = 0;
    Time time{};
    Owner from = nobody, to = nobody;
    bool in_sender_history = false, in_recipient_history = false;
};

}  // namespace chancery::archive
