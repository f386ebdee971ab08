// The name of an element: local name and namespace. A constant of every specification we speak.
#pragma once
#include <string_view>

namespace chancery::xml {

struct Tag {
    std::string_view name;
    std::string_view ns;
    friend constexpr bool operator==(Tag, Tag) = default;
};

}  // namespace chancery::xml
