#include "admin/data_directory.h"

#include <fcntl.h>
#include <grp.h>
#include <openssl/crypto.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstring>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <string>
#include <thread>

namespace chancery::admin {
namespace {

namespace fs = std::filesystem;

constexpr auto lock_limit = std::chrono::seconds(5);
constexpr auto key_mend = " To mend it: restore it from the key backup; without it nothing on record can be read.";

}  // namespace

DirectoryLock::DirectoryLock(const fs::path& data) : fd_(::open((data / "lock").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600)) {
    if (fd_ < 0) throw std::runtime_error(data.string() + ": " + std::strerror(errno));
    const auto deadline = std::chrono::steady_clock::now() + lock_limit;
    while (::flock(fd_, LOCK_EX | LOCK_NB) != 0) {
        if (std::chrono::steady_clock::now() > deadline)
            throw std::runtime_error("Another chancery runs on " + data.string() + ". Stop it first, or use another --data.");
        std::this_thread::sleep_for(std::chrono::milliseconds(20));
    }
}

DirectoryLock::~DirectoryLock() { ::close(fd_); }

bool DirectoryLock::is_taken(const fs::path& data) {
    const int fd = ::open((data / "lock").c_str(), O_RDWR | O_CLOEXEC);
    if (fd < 0) return false;
    const bool taken = ::flock(fd, LOCK_EX | LOCK_NB) != 0;
    ::close(fd);
    return taken;
}

fs::path existing_keys(const fs::path& keys) {
    for (const auto* name : {"kek", "journal-signing", "data-keys"})
        if (!fs::exists(keys / name)) throw std::runtime_error("The key " + (keys / name).string() + " is missing." + key_mend);
    return keys;
}

Key read_key_encryption_key(const fs::path& keys) {
    const auto file = keys / "kek";
    std::ifstream in(file, std::ios::binary);
    std::string bytes{std::istreambuf_iterator<char>(in), {}};
    if (bytes.size() != Key::size) throw std::runtime_error("The key " + file.string() + " is missing or damaged." + key_mend);
    Key key(bytes);
    OPENSSL_cleanse(bytes.data(), bytes.size());
    return key;
}

void become_owner(const fs::path& data) {
    struct stat info {};
    if (::geteuid() != 0 || ::stat(data.c_str(), &info) != 0 || info.st_uid == 0) return;
    if (::setgroups(0, nullptr) != 0 || ::setgid(info.st_gid) != 0 || ::setuid(info.st_uid) != 0)
        throw std::runtime_error("cannot become the owner of " + data.string() + ": " + std::strerror(errno));
}

}  // namespace chancery::admin
