// One file as it lies on disk: AES-256-GCM in pieces of 64 KiB under a key of its own, which stands in the head, wrapped.
//
// Any part is read by opening its pieces alone. A piece is bound to its place and to the size of the whole, so that none can
// be exchanged, left out or cut off unseen. The layout is in docs/files.md.
//
// Concurrency. A Writer belongs to one thread at a time; a Reader to any number. Both block: for workers.
#pragma once
#include <cstdint>
#include <filesystem>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>

#include "base/gcm_key.h"
#include "base/running_hash.h"
#include "journal/disk.h"

namespace chancery::files {

/// What is on disk is not what was written there.
struct Damaged : std::runtime_error {
    using std::runtime_error::runtime_error;
};

inline constexpr std::size_t piece_bytes = 64 * 1024;

class ContentWriter {
  public:
    /// Makes the file. @throws journal::FileError
    ContentWriter(std::filesystem::path path, std::uint64_t size, const Key& wrapping_key);

    /// @throws journal::FileError; also when it is more than the size that was said.
    void add(std::string_view bytes);
    /// When this returns, all of it is on stable storage. The hash of what was added. @throws journal::FileError
    Digest finish();

    std::uint64_t size() const { return size_; }
    std::uint64_t added() const { return added_; }
    const std::filesystem::path& path() const { return file_.path(); }

  private:
    void write_pieces(std::string_view bytes);

    journal::File file_;
    std::unique_ptr<GcmKey> key_;
    RunningHash hash_;
    std::string rest_;            // of a piece
    std::uint64_t size_, added_ = 0, pieces_ = 0;
};

/// Overwrites the key with zeros: from then on nobody opens a piece. @throws journal::FileError
void destroy_key(const std::filesystem::path& path);

class ContentReader {
  public:
    /// @throws journal::FileError, Damaged
    ContentReader(std::filesystem::path path, const Key& wrapping_key);

    std::uint64_t size() const { return size_; }
    /// So many bytes from `offset` on, or what there is of them. @throws journal::FileError, Damaged
    std::string read(std::uint64_t offset, std::size_t length) const;

  private:
    journal::File file_;
    std::unique_ptr<GcmKey> key_;
    std::uint64_t size_;
};

}  // namespace chancery::files
