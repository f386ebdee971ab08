#include "files/scanner.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "net/address.h"

namespace chancery::files {
namespace {

constexpr std::size_t most_answer_bytes = 4 * 1024;

bool is_path(const std::string& address) { return address.starts_with('/'); }

std::string length_of(std::string_view bytes) {
    const auto size = static_cast<std::uint32_t>(bytes.size());
    std::string text;
    for (int shift = 24; shift >= 0; shift -= 8) text += static_cast<char>(size >> shift & 0xff);
    return text;
}

}  // namespace

/// One question and its answer, within the limit.
class Scanner::Connection {
  public:
    explicit Connection(const Scanner& scanner)
        : scanner_(scanner), deadline_(std::chrono::steady_clock::now() + scanner.limit_),
          fd_(::socket(is_path(scanner.address_) ? AF_UNIX : net::Address::parse(scanner.address_).family(),
                       SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)) {
        if (fd_ < 0) fail("there is no socket for it", errno);
        try {
            connect();
        } catch (...) {
            ::close(fd_);
            throw;
        }
    }
    ~Connection() { ::close(fd_); }
    Connection(const Connection&) = delete;

    /// False when the scanner takes no more: it has said why.
    bool send(std::string_view bytes) {
        while (!bytes.empty()) {
            wait(POLLOUT);
            const auto sent = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
            if (sent < 0 && (errno == EPIPE || errno == ECONNRESET)) return false;
            if (sent < 0 && errno != EAGAIN && errno != EINTR) fail("it takes nothing", errno);
            if (sent > 0) bytes.remove_prefix(static_cast<std::size_t>(sent));
        }
        return true;
    }

    /// Up to a zero byte or the end.
    std::string answer() {
        std::string text;
        char bytes[512];
        while (!text.contains('\0')) {
            wait(POLLIN);
            const auto received = ::recv(fd_, bytes, sizeof bytes, 0);
            if (received < 0 && (errno == EAGAIN || errno == EINTR)) continue;
            if (received <= 0) break;
            text.append(bytes, static_cast<std::size_t>(received));
            if (text.size() > most_answer_bytes) fail("it says too much", 0);
        }
        return text.substr(0, text.find('\0'));
    }

  private:
    [[noreturn]] void fail(std::string_view what, int error) const {
        std::string text = "the virus scanner at " + scanner_.address_ + " gives no verdict: ";
        throw ScannerError(text.append(what) + (error ? std::string(" (") + std::strerror(error) + ")" : ""));
    }

    void connect() {
        int outcome;
        if (is_path(scanner_.address_)) {
            sockaddr_un address{.sun_family = AF_UNIX, .sun_path = {}};
            scanner_.address_.copy(address.sun_path, sizeof address.sun_path - 1);
            outcome = ::connect(fd_, reinterpret_cast<const sockaddr*>(&address), sizeof address);
        } else {
            const auto address = net::Address::parse(scanner_.address_);
            outcome = ::connect(fd_, address.get(), address.size());
        }
        if (outcome == 0) return;
        if (errno != EINPROGRESS && errno != EAGAIN) fail("it cannot be reached", errno);
        wait(POLLOUT);
        int error = 0;
        socklen_t size = sizeof error;
        if (::getsockopt(fd_, SOL_SOCKET, SO_ERROR, &error, &size) != 0 || error != 0) fail("it cannot be reached", error);
    }

    void wait(short events) const {
        pollfd polled[] = {{fd_, events, 0}, {scanner_.stop_, POLLIN, 0}};
        while (true) {
            const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline_ - std::chrono::steady_clock::now());
            if (left <= std::chrono::milliseconds::zero()) fail("it does not answer in time", 0);
            if (::poll(polled, std::size(polled), static_cast<int>(left.count())) < 0 && errno != EINTR) fail("poll", errno);
            if (polled[1].revents) fail("the server stops", 0);
            if (polled[0].revents) return;
        }
    }

    const Scanner& scanner_;
    const std::chrono::steady_clock::time_point deadline_;
    const int fd_;
};

Scanner::Scanner(std::string address, std::chrono::seconds limit)
    : address_(std::move(address)), limit_(limit), stop_(::eventfd(0, EFD_CLOEXEC)) {
    if (!is_configured()) return;
    if (is_path(address_)) {
        if (address_.size() >= sizeof(sockaddr_un::sun_path)) throw std::invalid_argument(address_ + " is too long for a socket's path");
        return;
    }
    const auto host = net::Address::parse(address_).host();
    if (!host.starts_with("127.") && host != "::1") throw std::invalid_argument(address_ + " is not on this machine");
}

Scanner::~Scanner() { ::close(stop_); }

void Scanner::stop() { (void)::eventfd_write(stop_, 1); }

Finding Scanner::scan(const std::function<std::string()>& next) const {
    Connection connection(*this);
    bool taken = connection.send(std::string_view("zINSTREAM\0", 10));
    for (auto bytes = next(); taken && !bytes.empty(); bytes = next()) taken = connection.send(length_of(bytes)) && connection.send(bytes);
    if (taken) connection.send(length_of({}));
    const auto answer = connection.answer();
    constexpr std::string_view subject = "stream: ", found = " FOUND";
    if (answer == "stream: OK") return {Verdict::clean, {}};
    if (answer.starts_with(subject) && answer.ends_with(found))
        return {Verdict::infected, answer.substr(subject.size(), answer.size() - subject.size() - found.size())};
    throw ScannerError("the virus scanner at " + address_ + " gives no verdict: it says \"" + answer + "\"");
}

void Scanner::ping() const {
    Connection connection(*this);
    connection.send(std::string_view("zPING\0", 6));
    const auto answer = connection.answer();
    if (answer != "PONG") throw ScannerError("the virus scanner at " + address_ + " answers \"" + answer + "\" when asked whether it is there");
}

}  // namespace chancery::files
