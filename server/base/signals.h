// What the process is told by signals beside those that every program knows (SIGTERM and SIGINT: stop, SIGHUP: read certificates).
#pragma once
#include <signal.h>

namespace chancery {

/// Stop, and run the program anew in the same process, with the same arguments.
inline constexpr int restart_signal = SIGUSR1;

}  // namespace chancery
