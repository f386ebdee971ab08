// What the server costs: CPU time and memory of its processes and their descendants, from the kernel.
#pragma once
#include <cstdint>
#include <vector>

namespace chancery::load {

class ServerProcess {
  public:
    /// @param pids  the server's, and its database's if it has one; descendants are found. None: nothing is
    /// measured.
    explicit ServerProcess(std::vector<int> pids) : pids_(std::move(pids)) {}

    bool is_known() const { return !pids_.empty(); }

    /// User and system time in microseconds since they started: living processes by their CPU clock (every
    /// thread, also those that have ended; nanoseconds), and ended children that were waited for (in clock
    /// ticks of 10 ms).
    /// @throws std::runtime_error  one of the given processes is gone.
    double cpu_micros() const;

    struct Memory {
        double pss_kib = 0, private_kib = 0;
    };
    /// From /proc/PID/smaps_rollup: user space only, not the kernel's socket buffers.
    Memory memory() const;

  private:
    std::vector<int> all() const;
    std::vector<int> pids_;
};

/// The generator's own CPU time, to show that it was not what limited the run.
double own_cpu_micros();

}  // namespace chancery::load
