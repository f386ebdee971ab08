#include "journal/checkpointer.h"

#include <algorithm>

#include "base/log.h"
#include "journal/thinning.h"

namespace chancery::journal {
namespace {

constexpr auto thinning_interval = std::chrono::hours(1);

}  // namespace

Checkpointer::Checkpointer(std::filesystem::path path, Key seed, Checkpoint last, const Catalog& catalog, Clock clock, Disk& disk,
                           std::function<void(const std::string&)> failed)
    : seed_(seed),
      catalog_(catalog),
      clock_(std::move(clock)),
      disk_(disk),
      failed_(std::move(failed)),
      file_(std::make_unique<CheckpointFile>(path, disk)),
      last_(std::move(last)),
      thread_([this] { serve(); }) {}

Checkpointer::~Checkpointer() {
    const std::lock_guard lock(guard_);
    stopping_ = true;
    changed_.notify_all();
}

void Checkpointer::request(std::shared_ptr<TreeFile> tree) {
    const std::lock_guard lock(guard_);
    if (is_broken_) return;
    next_ = {.origin = last_.origin, .size = tree->size(), .root = tree->root()};
    tree_ = std::move(tree);
    changed_.notify_all();
}

void Checkpointer::serve() {
    for (;;) {
        std::unique_lock lock(guard_);
        changed_.wait(lock, [this] { return stopping_ || tree_; });
        if (!tree_) return;
        const auto tree = std::move(tree_);
        tree_ = nullptr;
        auto checkpoint = next_;
        checkpoint.time = std::max(clock_(), last_.time);
        lock.unlock();
        try {
            write(std::move(checkpoint), *tree);
        } catch (const FileError& failure) {
            lock.lock();
            is_broken_ = true;
            changed_.notify_all();
            lock.unlock();
            failed_(failure.what());
        }
    }
}

void Checkpointer::write(Checkpoint checkpoint, TreeFile& tree) {
    const std::lock_guard writing(writing_);
    tree.sync();
    sign(checkpoint, seed_);
    file_->append(checkpoint.note);
    const auto now = checkpoint.time;
    {
        const std::lock_guard lock(guard_);
        last_ = std::move(checkpoint);
        changed_.notify_all();
    }
    if (now >= thinned_ + thinning_interval) thin(now);
}

/// A crash leaves the whole file or the thinned one under its name; both end with the last checkpoint.
void Checkpointer::thin(Time now) {
    thinned_ = now;
    const auto path = file_->path();
    std::vector<Position> segment_ends;
    for (std::uint32_t number = 0; number + 1 < catalog_.size(); ++number)
        segment_ends.push_back(catalog_.segment(number + 1)->first);
    try {
        const auto notes = read_file(path), kept = thinned(notes, segment_ends, now);
        if (kept.size() == notes.size()) return;
        replace_file(path, kept, disk_);
        log::info("checkpoints.thinned", {{"bytes_before", notes.size()}, {"bytes", kept.size()}});
    } catch (const FileError& failure) {
        log::warning("checkpoints.not_thinned", {{"cause", failure.what()}});
    }
    // Whichever of the two is there: the next one goes to the file that the name leads to, and will do after a crash.
    file_ = std::make_unique<CheckpointFile>(path, disk_);
    sync_folder(path.parent_path());
}

void Checkpointer::recover() {
    const std::lock_guard writing(writing_);
    const auto path = file_->path();
    if (!std::filesystem::exists(path)) throw FileError("cannot find", path, ENOENT);
    file_ = std::make_unique<CheckpointFile>(path, disk_);
    const std::lock_guard lock(guard_);
    is_broken_ = false;
}

Checkpoint Checkpointer::last() const {
    const std::lock_guard lock(guard_);
    return last_;
}

std::uint64_t Checkpointer::covered() const {
    const std::lock_guard lock(guard_);
    return last_.size;
}

bool Checkpointer::wait_for(std::uint64_t size, std::chrono::milliseconds limit) const {
    std::unique_lock lock(guard_);
    changed_.wait_for(lock, limit, [&] { return last_.size >= size || is_broken_; });
    return last_.size >= size;
}

void Checkpointer::check_in_place() const {
    const std::unique_lock writing(writing_, std::try_to_lock);
    if (writing) file_->check_in_place();  // else it is being written this moment, which tells more
}

}  // namespace chancery::journal
