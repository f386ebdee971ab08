// The schema, as the list of steps that lead to it.
#pragma once
#include <span>
#include <string_view>

namespace chancery::storage {

struct Migration {
    int number;  // ascending, without gaps, never changed once released
    std::string_view name;
    std::string_view sql;  // any number of statements
};

/// Every step of this program's schema, in order.
std::span<const Migration> migrations();

}  // namespace chancery::storage
