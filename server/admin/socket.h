// The administration socket: DIR/chancery.sock. One request a line in JSON, one answer a line.
#pragma once
#include <condition_variable>
#include <filesystem>
#include <functional>
#include <mutex>
#include <optional>
#include <set>
#include <thread>

#include "admin/admin.h"

namespace chancery::admin {

/// Answers on the socket until it is destroyed. Only root and the server's own user are heard (SO_PEERCRED).
/// Concurrency: one thread accepts; each request runs on a thread of its own, at most `most_requests` at a time.
class Socket {
  public:
    static constexpr std::size_t most_requests = 16;
    using Answer = std::function<json(const json& request, const std::string& actor)>;

    /// @throws std::runtime_error when the socket cannot be made.
    Socket(std::filesystem::path path, Answer answer);
    ~Socket();
    Socket(const Socket&) = delete;

  private:
    void accept_requests();
    void start(int connection);
    void serve(int connection);

    std::filesystem::path path_;
    Answer answer_;
    int listening_ = -1, stop_ = -1;
    std::mutex guard_;
    std::condition_variable none_open_;
    std::set<int> open_;  // connections that have not been answered yet
    std::jthread thread_;
};

/// Asks the server that runs on this data directory; nothing when none runs.
/// @throws AdminError  the answer was an error, or no answer came.
std::optional<json> ask(const std::filesystem::path& path, const json& request);

/// `run` with its outcome as the socket gives it: {"result": …} or {"error": "…"}.
json answer(Context& context, const json& request);

}  // namespace chancery::admin
