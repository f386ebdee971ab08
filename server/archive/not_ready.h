// What a query meets while the index does not reach up to the records in memory.
#pragma once
#include <stdexcept>

namespace chancery::archive {

/// Ask again later.
struct NotReady : std::runtime_error {
    using std::runtime_error::runtime_error;
};

}  // namespace chancery::archive
