// Signs what is on record, on a thread of its own: synchronising the checkpoint must not delay anybody's
// message.
#pragma once
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>

#include "journal/catalog.h"
#include "journal/checkpoint.h"
#include "journal/tree_file.h"

namespace chancery::journal {

class Checkpointer {
  public:
    /// `failed` is called on this thread when a checkpoint could not be made durable; nothing more is signed
    /// until recover() was called.
    Checkpointer(std::filesystem::path path, Key seed, Checkpoint last, const Catalog& catalog, Clock clock, Disk& disk,
                 std::function<void(const std::string& reason)> failed);
    ~Checkpointer();

    /// Has the tree signed as it is now. Called by the journal's thread, which never waits here. The caller
    /// has flushed the tree, whose file is synchronised before the checkpoint stands.
    void request(std::shared_ptr<TreeFile> tree);
    /// Opens the file anew after a failure. @throws FileError
    void recover();

    Checkpoint last() const;
    std::uint64_t covered() const;
    /// Waits until the last checkpoint covers `size` records; false when `limit` has passed or it failed.
    bool wait_for(std::uint64_t size, std::chrono::milliseconds limit) const;
    /// @throws FileError when the file was removed or shortened
    void check_in_place() const;

  private:
    void serve();
    void write(Checkpoint checkpoint, TreeFile& tree);
    void thin(Time now);

    const Key seed_;
    const Catalog& catalog_;
    const Clock clock_;
    Disk& disk_;
    const std::function<void(const std::string&)> failed_;
    mutable std::mutex writing_;  // the file; taken before guard_
    std::unique_ptr<CheckpointFile> file_;
    Time thinned_{};
    mutable std::mutex guard_;  // what is below
    mutable std::condition_variable changed_;
    Checkpoint last_;
    std::shared_ptr<TreeFile>
        tree_;  // to be signed; shared with the journal's thread, which goes on appending
    Checkpoint next_;
    bool is_broken_ = false, stopping_ = false;
    std::jthread thread_;
};

}  // namespace chancery::journal
