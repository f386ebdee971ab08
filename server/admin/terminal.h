// What a command reads from standard input. Whoever types it is asked, and a password is not shown.
#pragma once
#include <string>

namespace chancery::admin {

/// The first line of standard input; at a terminal it is asked for twice.
/// @throws AdminError  if it is empty, or the second differs from the first.
std::string read_password();

/// Says what cannot be taken back, and asks whether to go on. @throws AdminError  unless the answer is yes
void confirm(const std::string& warning);

/// All of standard input, without the end of its last line.
std::string read_text();

}  // namespace chancery::admin
