#include "journal/disk.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

namespace chancery::journal {
namespace {

const char* mend(int error) {
    switch (error) {
        case ENOSPC:
        case EDQUOT: return "free or add space on this file system; the journal then resumes by itself";
        case EACCES:
        case EPERM:
            return "give the server's user read and write access to it; the journal then resumes by itself";
        case ENOENT:
        case ESTALE:
            return "put the file back from where it went or from the backup; the journal then resumes by "
                   "itself";
        case EROFS: return "mount the file system writable; the journal then resumes by itself";
        case EMFILE:
        case ENFILE: return "raise LimitNOFILE; the journal then resumes by itself";
        case EIO:
            return "look at the disk (dmesg, smartctl); the journal resumes by itself once it can be written";
        default: return "look at the file system; the journal resumes by itself once it can be written";
    }
}

std::string explain(std::string_view doing, const std::filesystem::path& path, int error) {
    return std::string(doing) + " " + path.string() + ": " + std::strerror(error) +
           ". To mend it: " + mend(error);
}

}  // namespace

FileError::FileError(std::string_view doing, const std::filesystem::path& path, int number)
    : std::runtime_error(explain(doing, path, number)), error(number) {}

std::ptrdiff_t Disk::write_at(int descriptor, const char* bytes, std::size_t size, std::uint64_t offset) {
    return ::pwrite(descriptor, bytes, size, static_cast<off_t>(offset));
}

int Disk::sync(int descriptor) { return ::fdatasync(descriptor); }

Disk& Disk::real() {
    static Disk disk;
    return disk;
}

File::File(std::filesystem::path path, Mode mode, Disk& disk) : path_(std::move(path)), disk_(&disk) {
    const int flags = mode == Mode::read ? O_RDONLY : mode == Mode::write ? O_RDWR : O_RDWR | O_CREAT;
    descriptor_ = ::open(path_.c_str(), flags | O_CLOEXEC, 0600);
    if (descriptor_ < 0) throw FileError("cannot open", path_, errno);
    struct stat status{};
    if (::fstat(descriptor_, &status) != 0) {
        const int error = errno;
        ::close(descriptor_);  // the destructor of what was never made does not run
        throw FileError("cannot read", path_, error);
    }
    device_ = status.st_dev;
    inode_ = status.st_ino;
}

File::File(File&& other) noexcept
    : path_(std::move(other.path_)), disk_(other.disk_), descriptor_(std::exchange(other.descriptor_, -1)),
      device_(other.device_), inode_(other.inode_) {}

File& File::operator=(File&& other) noexcept {
    std::swap(path_, other.path_);
    std::swap(disk_, other.disk_);
    std::swap(descriptor_, other.descriptor_);
    std::swap(device_, other.device_);
    std::swap(inode_, other.inode_);
    return *this;
}

File::~File() {
    if (descriptor_ >= 0) ::close(descriptor_);
}

std::size_t File::read_at(std::uint64_t offset, char* bytes, std::size_t size) const {
    std::size_t done = 0;
    while (done < size) {
        const auto count = ::pread(descriptor_, bytes + done, size - done, static_cast<off_t>(offset + done));
        if (count < 0 && errno == EINTR) continue;
        if (count < 0) throw FileError("cannot read", path_, errno);
        if (count == 0) break;
        done += static_cast<std::size_t>(count);
    }
    return done;
}

std::string File::read_at(std::uint64_t offset, std::size_t size) const {
    std::string bytes(size, '\0');
    bytes.resize(read_at(offset, bytes.data(), size));
    return bytes;
}

void File::write_at(std::uint64_t offset, std::string_view bytes) {
    while (!bytes.empty()) {
        const auto count = disk_->write_at(descriptor_, bytes.data(), bytes.size(), offset);
        if (count < 0 && errno == EINTR) continue;
        if (count <= 0) throw FileError("cannot write", path_, count < 0 ? errno : ENOSPC);
        bytes.remove_prefix(static_cast<std::size_t>(count));
        offset += static_cast<std::uint64_t>(count);
    }
}

void File::sync() {
    if (disk_->sync(descriptor_) != 0) throw FileError("cannot synchronise", path_, errno);
}

void File::truncate(std::uint64_t size) {
    if (::ftruncate(descriptor_, static_cast<off_t>(size)) != 0)
        throw FileError("cannot shorten", path_, errno);
}

std::uint64_t File::size() const {
    struct stat status{};
    if (::fstat(descriptor_, &status) != 0) throw FileError("cannot read", path_, errno);
    return static_cast<std::uint64_t>(status.st_size);
}

void File::check_in_place(std::uint64_t least) const {
    struct stat there{};
    if (::stat(path_.c_str(), &there) != 0) throw FileError("cannot find", path_, errno);
    if (there.st_ino != inode_ || there.st_dev != device_)
        throw FileError("another file was put in the place of", path_, ESTALE);
    if ((there.st_mode & (S_IRUSR | S_IWUSR)) != (S_IRUSR | S_IWUSR))
        throw FileError("cannot use", path_,
                        EACCES);  // held open it would still work, but not after a restart
    if (static_cast<std::uint64_t>(there.st_size) < least)
        throw FileError("someone shortened", path_, ESTALE);
}

void sync_folder(const std::filesystem::path& folder) {
    const int descriptor = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (descriptor < 0) throw FileError("cannot open", folder, errno);
    const int outcome = ::fsync(descriptor), error = errno;
    ::close(descriptor);
    if (outcome != 0) throw FileError("cannot synchronise", folder, error);
}

std::string read_file(const std::filesystem::path& path) {
    const File file(path, File::Mode::read);
    return file.read_at(0, file.size());
}

void replace_file(const std::filesystem::path& path, std::string_view bytes, Disk& disk) {
    const std::filesystem::path beside = path.string() + ".new";
    {
        File file(beside, File::Mode::create, disk);
        file.truncate(0);
        file.write_at(0, bytes);
        file.sync();
    }
    if (::rename(beside.c_str(), path.c_str()) != 0) throw FileError("cannot put in place", path, errno);
    sync_folder(path.parent_path());
}

}  // namespace chancery::journal
