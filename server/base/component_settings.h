// What components may do beyond XEP-0114: the section [component.rights], in the same file as all other settings (config.h).
#pragma once
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "base/config.h"

namespace chancery {

struct ComponentSettings {
    std::map<std::string, std::string> rights;   ///< domain of a component to its rights, by spaces (components/rights.h)

    /// @throws ConfigError as Config::load does, which has the same file and overrides.
    static ComponentSettings load(const std::filesystem::path& file, const std::vector<Config::Override>& overrides = {});
};

}  // namespace chancery
