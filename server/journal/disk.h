// Files as the journal uses them: whole writes, synchronisation, and failures that name the mend.
//
// Disk is the seam where tests let a write or a synchronisation fail; everything that must not be lost goes
// through it.
#pragma once
#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <stdexcept>
#include <string>
#include <string_view>

namespace chancery::journal {

/// The operating system refused. what() says what was tried, why it did not work, and how it is mended.
struct FileError : std::runtime_error {
    FileError(std::string_view doing, const std::filesystem::path& path, int error);
    explicit FileError(const std::string& text) : std::runtime_error(text), error(0) {}
    int error;  // errno, or 0
};

class Disk {
  public:
    virtual ~Disk() = default;
    /// As pwrite(2) and fdatasync(2).
    virtual std::ptrdiff_t write_at(int descriptor, const char* bytes, std::size_t size,
                                    std::uint64_t offset);
    virtual int sync(int descriptor);

    static Disk& real();
};

/// An open file. Reading is safe from several threads at once.
class File {
  public:
    enum class Mode { read, write, create };

    File() = default;
    /// @throws FileError. `create` makes the file, readable by its owner only, if it is not there.
    File(std::filesystem::path path, Mode mode, Disk& disk = Disk::real());
    File(File&& other) noexcept;
    File& operator=(File&& other) noexcept;
    ~File();

    explicit operator bool() const { return descriptor_ >= 0; }
    const std::filesystem::path& path() const { return path_; }

    /// Reads up to `size` bytes; fewer at the end of the file. @throws FileError
    std::size_t read_at(std::uint64_t offset, char* bytes, std::size_t size) const;
    std::string read_at(std::uint64_t offset, std::size_t size) const;

    /// All of it or FileError; then nothing is known of what was written.
    void write_at(std::uint64_t offset, std::string_view bytes);
    /// When this returns, what was written is on stable storage. After a FileError this descriptor must not
    /// be synchronised again: the kernel may report success the second time for pages it has dropped.
    void sync();
    void truncate(std::uint64_t size);
    std::uint64_t size() const;

    /// @throws FileError unless the path still leads to this very file, its owner may read and write it, and
    /// it is at least `least` bytes long: a write to a removed file succeeds and is lost.
    void check_in_place(std::uint64_t least) const;

  private:
    std::filesystem::path path_;
    Disk* disk_ = nullptr;
    int descriptor_ = -1;
    dev_t device_ = 0;  // which file it is, whatever its path leads to later
    ino_t inode_ = 0;
};

/// Makes names that were made, changed or removed in the folder durable. @throws FileError
void sync_folder(const std::filesystem::path& folder);

/// The whole file; @throws FileError.
std::string read_file(const std::filesystem::path& path);

/// Writes a small file whole or not at all (beside it, synchronised, renamed). @throws FileError
void replace_file(const std::filesystem::path& path, std::string_view bytes, Disk& disk = Disk::real());

}  // namespace chancery::journal
