#include "admin/socket.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "base/log.h"

namespace chancery::admin {
namespace {

constexpr std::size_t request_limit = 64 << 20;  // an import of a large organisation
constexpr timeval patience{.tv_sec = 30, .tv_usec = 0};  // for the next bytes of a request
constexpr timeval reading_limit{.tv_sec = 5, .tv_usec = 0};  // for who asked to take some more of the answer

/// A relative path is short: Unix sockets allow 107 bytes. The caller's working directory is not touched: the directory is
/// opened and named through /proc.
sockaddr_un address_of(const std::filesystem::path& path) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    const auto text = path.string();
    if (text.size() >= sizeof address.sun_path) throw AdminError(text + " is too long for a socket: use a shorter data directory");
    std::memcpy(address.sun_path, text.c_str(), text.size() + 1);
    return address;
}

bool send_all(int fd, std::string_view bytes) {
    while (!bytes.empty()) {
        const auto sent = ::send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL);
        if (sent <= 0) return false;
        bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
    return true;
}

std::optional<std::string> receive_line(int fd) {
    std::string line;
    char buffer[65'536];
    while (line.size() < request_limit) {
        const auto got = ::recv(fd, buffer, sizeof buffer, 0);
        if (got <= 0) return std::nullopt;
        line.append(buffer, static_cast<std::size_t>(got));
        if (line.ends_with('\n')) return line;
    }
    return std::nullopt;
}

}  // namespace

json answer(Context& context, const json& request) {
    try {
        return {{"result", run(context, request)}};
    } catch (const AdminError& error) {
        return {{"error", error.what()}};
    } catch (const json::exception& error) {
        return {{"error", std::string("The request is not complete: ") + error.what()}};
    } catch (const std::exception& error) {
        log::error("admin.failed", {{"cause", error.what()}});
        return {{"error", error.what()}};
    }
}

Socket::Socket(std::filesystem::path path, Answer answer) : path_(std::move(path)), answer_(std::move(answer)) {
    const auto address = address_of(path_);
    std::filesystem::remove(path_);
    listening_ = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const auto mask = ::umask(0177);
    const bool good = ::bind(listening_, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0 &&
                      ::listen(listening_, 64) == 0;
    ::umask(mask);
    if (!good) throw std::runtime_error(path_.string() + ": " + std::strerror(errno));
    stop_ = ::eventfd(0, EFD_CLOEXEC);
    thread_ = std::jthread([this] { accept_requests(); });
}

Socket::~Socket() {
    const std::uint64_t one = 1;
    (void)!::write(stop_, &one, sizeof one);
    thread_.join();
    std::unique_lock lock(guard_);
    for (const int connection : open_) ::shutdown(connection, SHUT_RD);  // who has not asked yet is too late
    none_open_.wait(lock, [this] { return open_.empty(); });
    ::close(listening_);
    ::close(stop_);
    std::filesystem::remove(path_);
}

void Socket::accept_requests() {
    while (true) {
        pollfd watched[] = {{listening_, POLLIN, 0}, {stop_, POLLIN, 0}};
        if (::poll(watched, 2, -1) < 0 && errno != EINTR) return;
        if (watched[1].revents) return;
        if (!watched[0].revents) continue;
        const int connection = ::accept4(listening_, nullptr, nullptr, SOCK_CLOEXEC);
        if (connection < 0) continue;
        start(connection);
    }
}

void Socket::start(int connection) {
    const std::lock_guard lock(guard_);
    if (open_.size() >= most_requests) {
        send_all(connection, "{\"error\":\"The server is busy with other commands. Try again.\"}\n");
        ::close(connection);
        return;
    }
    open_.insert(connection);
    std::thread([this, connection] {
        serve(connection);
        const std::lock_guard done(guard_);
        ::close(connection);
        open_.erase(connection);
        none_open_.notify_all();
    }).detach();  // joined by the destructor through open_
}

void Socket::serve(int connection) {
    ucred peer{};
    socklen_t size = sizeof peer;
    ::getsockopt(connection, SOL_SOCKET, SO_PEERCRED, &peer, &size);
    ::setsockopt(connection, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    ::setsockopt(connection, SOL_SOCKET, SO_SNDTIMEO, &reading_limit, sizeof reading_limit);
    if (peer.uid != 0 && peer.uid != ::geteuid()) {
        log::warning("admin.refused", {{"uid", peer.uid}});
        send_all(connection, "{\"error\":\"Only root and the server's own user may administer it.\"}\n");
        return;
    }
    const auto line = receive_line(connection);
    if (!line) return;
    const auto request = json::parse(*line, nullptr, false);
    const json reply = request.is_object() ? answer_(request, "uid " + std::to_string(peer.uid))
                                           : json{{"error", "The request is not a JSON object."}};
    send_all(connection, reply.dump(-1, ' ', false, json::error_handler_t::replace) + "\n");
}

std::optional<json> ask(const std::filesystem::path& path, const json& request) {
    const auto address = address_of(path);
    const int fd = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const std::unique_ptr<const int, void (*)(const int*)> closer(&fd, [](const int* held) { ::close(*held); });
    if (::connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
        if (errno == ENOENT || errno == ECONNREFUSED) return std::nullopt;
        throw AdminError(path.string() + ": " + std::strerror(errno) + ". Run this as root or as the server's user.");
    }
    const bool sent = send_all(fd, request.dump(-1, ' ', false, json::error_handler_t::replace) + "\n");
    const auto line = sent ? receive_line(fd) : std::nullopt;
    if (!line) throw AdminError("The server ended before it answered.");
    auto reply = json::parse(*line, nullptr, false);
    if (reply.contains("error")) throw AdminError(reply["error"].get<std::string>());
    return reply.at("result");
}

}  // namespace chancery::admin
