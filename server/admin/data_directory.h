// A data directory: who may write to it, and the keys without which nothing in it can be read.
#pragma once
#include <filesystem>

#include "base/secret.h"

namespace chancery::admin {

/// One process at a time writes to a data directory. Who comes second waits: a command that works without a server is
/// soon done.
class DirectoryLock {
  public:
    /// @throws std::runtime_error  another process has it for long
    explicit DirectoryLock(const std::filesystem::path& data);
    ~DirectoryLock();
    DirectoryLock(const DirectoryLock&) = delete;

    /// Whether some process has the directory now.
    static bool is_taken(const std::filesystem::path& data);

  private:
    int fd_;
};

/// A directory that was made once has its keys; making new ones in their place would shut everybody out of the record.
/// The same path. @throws std::runtime_error  a key is missing: its text has the mend
std::filesystem::path existing_keys(const std::filesystem::path& keys);

/// The key-encryption key. @throws std::runtime_error  there is none: its text has the mend
Key read_key_encryption_key(const std::filesystem::path& keys);

/// Root becomes the owner of the data directory: what serves the network needs no more, and files that a command makes
/// stay readable for the server.
void become_owner(const std::filesystem::path& data);

}  // namespace chancery::admin
