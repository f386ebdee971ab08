// What lies on disk and what state.db says of it, changed together and in an order that a crash may break off anywhere: a file that
// state.db calls kept has its content, and content that no file needs is known as ours and found by sweep().
//
// Concurrency. Every function on every thread. All of it blocks: for workers and for housekeeping. Whoever brings content in keeps
// out whoever takes some away, which may be the same.
#pragma once
#include <functional>
#include <shared_mutex>
#include <string>
#include <vector>

#include "files/register.h"
#include "files/store.h"

namespace chancery::files {

class Keeping {
  public:
    Keeping(const Store& store, Register& reg) : store_(store), register_(reg) {}

    /// When this returns the file can be fetched. @throws journal::FileError, storage::StorageError
    void keep(Store::Incoming& incoming, const std::string& id, const Content& content);
    /// When this returns nobody can fetch what has this content. The files that have it. @throws as keep()
    std::vector<std::string> quarantine(Store::Incoming& incoming, const std::string& id, const Content& content);

    /// Marks a file as removed, and destroys its content unless another file needs it. @throws as keep()
    void remove(const File& file, const Removal& removal);

    struct Swept {
        std::size_t destroyed = 0;
        std::size_t strangers = 0;      ///< of which state.db knows nothing: perhaps it is an older one. They stay
    };
    /// Destroys what a crash has left and no file needs, once `record` has been told the content's name; until it is stopped.
    /// @throws as keep(), and what `record` throws
    Swept sweep(const std::function<void(const std::string& content)>& record, const std::function<bool()>& is_stopped);

  private:
    bool is_needed(Store::Shelf shelf, const std::string& content);
    void destroy_unneeded(Store::Shelf shelf, const std::string& content);

    const Store& store_;
    Register& register_;
    std::shared_mutex changing_;    // held alone by who destroys
};

}  // namespace chancery::files
