// Which part of a file a request wants (RFC 9110 §14): one range of bytes.
#pragma once
#include <cstdint>
#include <optional>
#include <string_view>

#include "base/result.h"

namespace chancery::files {

struct Range {
    std::uint64_t first = 0, length = 0;
};

struct Unsatisfiable {};

/// The range that the field asks for of a file of this size. Nothing: all of it, which also answers what we do not
/// understand and several ranges at once (§14.2).
Result<std::optional<Range>, Unsatisfiable> range_of(std::string_view field, std::uint64_t size);

}  // namespace chancery::files
