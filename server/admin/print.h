// What a command has answered, as a person reads it at a terminal, or in JSON.
#pragma once
#include "admin/command_line.h"

namespace chancery::admin {

/// Prints the result; the exit code of the command.
int print(const CommandLine& line, const json& result);

}  // namespace chancery::admin
