#include "load/server_process.h"

#include <unistd.h>
#include <ctime>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <string>

namespace chancery::load {
namespace {

struct Stat {
    int parent = 0;
    double children_micros = 0;
};

/// proc(5), /proc/PID/stat: fields 4 (ppid), 16 and 17 (cutime, cstime). The name in field 2 may hold
/// anything.
bool read_stat(int pid, Stat& stat) {
    std::ifstream file("/proc/" + std::to_string(pid) + "/stat");
    std::string line;
    if (!std::getline(file, line)) return false;
    std::istringstream fields(line.substr(line.rfind(')') + 1));
    std::string skipped;
    double user = 0, system = 0;
    fields >> skipped >> stat.parent;
    for (int i = 0; i < 11; ++i) fields >> skipped;
    fields >> user >> system;
    stat.children_micros = (user + system) * 1e6 / static_cast<double>(sysconf(_SC_CLK_TCK));
    return true;
}

double micros(clockid_t clock) {
    timespec time{};
    if (clock_gettime(clock, &time) != 0) return 0;
    return static_cast<double>(time.tv_sec) * 1e6 + static_cast<double>(time.tv_nsec) / 1e3;
}

}  // namespace

std::vector<int> ServerProcess::all() const {
    auto found = pids_;
    std::vector<std::pair<int, int>> parents;
    for (const auto& entry : std::filesystem::directory_iterator("/proc")) {
        const auto name = entry.path().filename().string();
        Stat stat;
        if (name.find_first_not_of("0123456789") == name.npos && read_stat(std::stoi(name), stat))
            parents.emplace_back(std::stoi(name), stat.parent);
    }
    for (std::size_t i = 0; i < found.size(); ++i)
        for (const auto& [pid, parent] : parents)
            if (parent == found[i] && std::find(found.begin(), found.end(), pid) == found.end())
                found.push_back(pid);
    return found;
}

double ServerProcess::cpu_micros() const {
    double sum = 0;
    for (const int pid : all()) {
        clockid_t clock{};
        Stat stat;
        const bool alive = clock_getcpuclockid(pid, &clock) == 0 && read_stat(pid, stat);
        if (alive) sum += micros(clock) + stat.children_micros;
        if (!alive && std::find(pids_.begin(), pids_.end(), pid) != pids_.end())
            throw std::runtime_error("the server's process " + std::to_string(pid) + " is gone");
    }
    return sum;
}

ServerProcess::Memory ServerProcess::memory() const {
    Memory sum;
    for (const int pid : all()) {
        std::ifstream file("/proc/" + std::to_string(pid) + "/smaps_rollup");
        std::string key;
        for (double kib = 0; file >> key; file.clear()) {
            if (!(file >> kib)) continue;
            if (key == "Pss:") sum.pss_kib += kib;
            if (key == "Private_Clean:" || key == "Private_Dirty:") sum.private_kib += kib;
        }
    }
    return sum;
}

double own_cpu_micros() { return micros(CLOCK_PROCESS_CPUTIME_ID); }

}  // namespace chancery::load
