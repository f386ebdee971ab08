// What "chancery status" and "doctor" say of partners.
#pragma once
#include <nlohmann/json.hpp>

#include "s2s/service.h"

namespace chancery::s2s {

/// Any thread.
nlohmann::json report(const Service& federation);

}  // namespace chancery::s2s
