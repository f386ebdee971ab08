// Administration: one function per command, called with a request in JSON and answering in JSON.
//
// Operation. A running server answers on a Unix socket in its data directory, to root and to the user it runs as
// (peer credentials). When none runs, the command line builds the same Context and calls the same functions itself.
// Concurrency. On threads that may block, never on a shard.
#pragma once
#include <atomic>
#include <filesystem>
#include <functional>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "accounts/accounts.h"
#include "archive/archive.h"
#include "core/host.h"
#include "core/recorder.h"
#include "files/retention.h"
#include "journal/journal.h"

namespace chancery::admin {

using nlohmann::json;

/// What a command could not do, and how to mend it. Shown to the person who typed it.
struct AdminError : std::runtime_error {
    using std::runtime_error::runtime_error;
};

struct Context {
    const Config& config;
    std::filesystem::path data;
    Accounts& accounts;
    Recorder& recorder;
    journal::Journal& journal;
    archive::Archive& archive;
    files::Register& files;
    const files::Store& file_store;
    files::Retention& file_retention;
    Host* host = nullptr;                     ///< null when no server runs
    std::function<json()> live = {};          ///< ports and connections of the running server
    std::string actor;                        ///< who asks, for the record: "uid 0"
};

struct Command {
    std::string_view name;                    ///< "user add"
    json (*run)(Context&, const json& request);
    bool recorded = false;                    ///< an administrative act: on the record before it is done
};

const std::vector<Command>& all_commands();

/// Runs the command that the request names, after putting it on the record. @throws AdminError
json run(Context& context, const json& request);

}  // namespace chancery::admin
