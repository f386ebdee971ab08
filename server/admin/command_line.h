// What was typed: `chancery [--data DIR] COMMAND …`, as data.
#pragma once
#include <optional>
#include <string>
#include <vector>

#include "admin/admin.h"

namespace chancery::admin {

struct CommandLine {
    enum class Action { serve, init, request };
    Action action = Action::request;
    std::filesystem::path data;
    std::string domain;                             // init
    std::vector<Config::Override> overrides;        // serve
    json request;                                   // everything else
    bool as_json = false;
};

/// Parses, and reads what the command needs from standard input or files. @throws AdminError
/// Nothing when help was asked for or the words were wrong: it is said already, `exit_code` is set.
std::optional<CommandLine> parse_command_line(int argc, char** argv, int& exit_code);

}  // namespace chancery::admin
