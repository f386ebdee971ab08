// How long files are kept: two keys of the section [files], in the same file as all other settings (config.h).
#pragma once
#include <cstdint>
#include <filesystem>
#include <vector>

#include "base/config.h"

namespace chancery {

struct RetentionSettings {
    std::int64_t keep_days = 0;               ///< after which an upload goes, if links have ended by then; 0: it is kept for ever
    std::int64_t quarantine_days = 0;         ///< the same for what holds a virus

    /// @throws ConfigError as Config::load does, which has the same file and overrides.
    static RetentionSettings load(const std::filesystem::path& file, const std::vector<Config::Override>& overrides = {});
};

}  // namespace chancery
