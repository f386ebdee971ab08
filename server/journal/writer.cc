#include "journal/writer.h"

#include <algorithm>
#include <cerrno>

#include "base/log.h"
#include "journal/reader.h"

namespace chancery::journal {
namespace {

using Steady = std::chrono::steady_clock;

// One write and one synchronisation at most; more is left for the next.
constexpr std::size_t largest_batch = 4 << 20;
// With many senders, waiting this long between batches makes them larger and each record cheaper: docs/performance.md, "Pace of commits".
constexpr std::size_t many_records = 8;
constexpr auto pace = std::chrono::microseconds(1000);
constexpr std::uint64_t checkpoint_every = 65'536;  // records
constexpr std::size_t tree_block = 64
                                   << 10;  // bytes of nodes; all are written before a checkpoint needs them

}  // namespace

Writer::Writer(Setup setup, Catalog& catalog, DataKeys& keys, Checkpointer& checkpointer, const End& end,
               Settled settled)
    : setup_(std::move(setup)),
      catalog_(catalog),
      keys_(keys),
      checkpointer_(checkpointer),
      settled_(std::move(settled)),
      journal_(end.journal),
      last_time_(end.last_time),
      durable_end_(catalog.end()) {
    tree_ = recover_tree(setup_.tree_path, catalog_, checkpointer_.last(), setup_.disk);
    const auto last = catalog_.last();
    if (!last || end.last_is_sealed)
        start_segment(catalog_.size(), catalog_.end());
    else
        tail_ = Tail::resume(catalog_.path_of(last->number), *last, setup_.disk);
    tail_.write_ahead();
    thread_ = std::jthread([this] { run(); });
}

void Writer::close() {
    queue_.close();
    if (thread_.joinable()) thread_.join();
}

void Writer::nudge() {
    tick_now_ = true;
    queue_.nudge();
}

void Writer::report(const std::string& reason) {
    {
        const std::lock_guard lock(guard_);
        reported_ = reason;
    }
    nudge();
}

Status Writer::status() const {
    auto checkpoint = checkpointer_.last();
    const std::lock_guard lock(guard_);
    auto status = status_;
    status.checkpoint = std::move(checkpoint);
    status.records = durable_end();
    status.segments = catalog_.size();
    status.bytes = catalog_.bytes();
    return status;
}

std::shared_ptr<TreeFile> Writer::tree() const {
    const std::lock_guard lock(guard_);
    return tree_;
}

void Writer::run() {
    pthread_setname_np(pthread_self(), "journal");
    next_tick_ = Steady::now() + setup_.tick;
    for (;;) {
        auto* batch = queue_.take(next_tick_);
        const bool is_last = !batch && queue_.is_closed();
        if (batch) serve(batch);
        if (tick_now_.exchange(false) || Steady::now() >= next_tick_) tick();
        if (is_last) break;
    }
    if (failure_) return;
    try {
        request_checkpoint();
        checkpointer_.wait_for(durable_end(), std::chrono::seconds(10));
    } catch (const FileError& failure) {
        fail(failure.what());  // the records are durable; the next start signs them
    }
}

void Writer::serve(Pending* first) {
    while (first) {
        auto* rest = split(first);
        if (failure_)
            refuse(first);
        else
            commit(first);
        first = rest;
    }
}

/// Cuts the list behind one batch; the rest of it.
Pending* Writer::split(Pending* first) {
    auto size = first->size_bytes();
    for (auto* last = first;; last = last->next) {
        auto* next = last->next;
        if (!next) return nullptr;
        size += next->size_bytes();
        if (size <= largest_batch) continue;
        last->next = nullptr;
        return next;
    }
}

void Writer::commit(Pending* first) {
    std::this_thread::sleep_until(next_batch_);
    const auto began = Steady::now();
    try {
        keys_.make_durable();
        place(first);
        tail_.append(batch_);
        tail_.check_in_place();
        keys_.check_in_place();
    } catch (const FileError& failure) {
        tail_.cut_back();
        fail(failure.what());
        return refuse(first);
    }
    // Beyond this point the batch is on record.
    next_batch_ = offsets_.size() > many_records ? began + pace : Steady::time_point();
    settle(first, began);
    try {
        follow_up();
    } catch (const FileError& failure) {
        fail(failure.what());
    }
}

/// Gives every record of the batch its place, and lays the bytes out as they go to disk.
void Writer::place(Pending* first) {
    batch_.clear();
    offsets_.clear();
    last_time_ = std::max(last_time_, setup_.clock());
    const auto segment = *catalog_.last();
    const auto begin = durable_end();
    for (auto* pending = first; pending; pending = pending->next) {
        const auto index = static_cast<std::uint32_t>(offsets_.size());
        const auto at = batch_.size();
        batch_ += pending->record_;
        pending->position = begin + index;
        pending->time = last_time_;
        pending->location = {segment.number, segment.records_end + static_cast<std::uint32_t>(at)};
        place_record(batch_.data() + at, pending->record_.size(), pending->position, last_time_, index);
        offsets_.push_back(pending->location.offset);
    }
}

void Writer::settle(Pending* first, Steady::time_point began) {
    const auto took = std::chrono::duration_cast<std::chrono::microseconds>(Steady::now() - began);
    {
        const std::lock_guard lock(guard_);
        ++status_.batches;
        status_.last_commit = took;
        status_.worst_commit = std::max(status_.worst_commit, took);
    }
    catalog_.extend(offsets_, tail_.end());
    durable_end_.store(durable_end() + offsets_.size(), std::memory_order_release);
    queued_bytes_.fetch_sub(batch_.size(), std::memory_order_relaxed);
    for (auto* pending = first; pending; pending = pending->next) pending->durable = true;
    settled_(first);  // from here on the records belong to their owners
}

void Writer::refuse(Pending* first) {
    std::size_t size = 0, count = 0;
    for (auto* pending = first; pending; pending = pending->next, ++count) {
        pending->durable = false;
        pending->failure_ = failure_;
        size += pending->size_bytes();
    }
    queued_bytes_.fetch_sub(size, std::memory_order_relaxed);
    {
        const std::lock_guard lock(guard_);
        status_.refused += count;
    }
    settled_(first);
}

/// What a batch leaves to do when nobody waits for it any more.
void Writer::follow_up() {
    const auto begin = tail_.end() - static_cast<std::uint32_t>(batch_.size());
    for (std::size_t i = 0; i < offsets_.size(); ++i) {
        const auto at = offsets_[i] - begin;
        const auto end = i + 1 < offsets_.size() ? offsets_[i + 1] - begin : batch_.size();
        tree_->append(leaf_hash(std::string_view(batch_).substr(at, end - at)));
    }
    if (tree_->unwritten_bytes() >= tree_block) tree_->flush();
    if (durable_end() >= checkpointer_.covered() + checkpoint_every) request_checkpoint();
    if (tail_.end() >= setup_.segment_bytes) roll();
    tail_.write_ahead();
    if (batch_.capacity() > 2 * largest_batch) batch_ = {};
}

void Writer::roll() {
    tail_.seal(*catalog_.last(), catalog_.last_offsets());
    start_segment(catalog_.size(), catalog_.end());
}

void Writer::start_segment(std::uint32_t number, Position first) {
    tail_ = Tail::create(catalog_.path_of(number), number, first, std::max(last_time_, setup_.clock()),
                         journal_, setup_.disk);
    catalog_.add({.number = number, .first = first, .records_end = tail_.end()});
}

void Writer::request_checkpoint() {
    if (durable_end() <= checkpointer_.covered()) return;
    tree_->flush();
    checkpointer_.request(tree_);
}

void Writer::tick() {
    next_tick_ = Steady::now() + setup_.tick;
    std::string reported;
    {
        const std::lock_guard lock(guard_);
        reported.swap(reported_);
    }
    if (!reported.empty() && !failure_) return fail(reported);
    if (failure_) return heal();
    try {
        check_files();
        request_checkpoint();
    } catch (const FileError& failure) {
        fail(failure.what());
    }
}

/// A file that was removed under the server takes writes as before; only asking for its name shows it.
void Writer::check_files() {
    tail_.check_in_place();
    keys_.check_in_place();
    tree_->check_in_place();
    checkpointer_.check_in_place();
    for (const auto& secret : setup_.secrets) File(secret, File::Mode::read).check_in_place(Key::size);
    check_some_sealed_segments();
}

void Writer::check_some_sealed_segments() {
    constexpr std::uint32_t each_tick = 64;
    const auto sealed = catalog_.size() - 1;
    for (std::uint32_t i = 0; i < std::min(sealed, each_tick); ++i) {
        if (next_looked_at_ >= sealed) next_looked_at_ = 0;
        const auto segment = *catalog_.segment(next_looked_at_++);
        File(catalog_.path_of(segment.number), File::Mode::read).check_in_place(segment.records_end);
    }
}

void Writer::fail(const std::string& reason) {
    auto text = "The journal cannot be written: " + reason;
    if (failure_ && *failure_ == text) return;
    log::error("journal-failed", {{"reason", reason}});
    failure_ = std::make_shared<const std::string>(std::move(text));
    const std::lock_guard lock(guard_);
    status_.is_writing = false;
    status_.reason = *failure_;
}

/// Never uses a descriptor again that has failed: every file is opened anew, and the journal goes on in a new
/// segment behind the last durable record.
void Writer::heal() {
    try {
        catalog_.forget_files();
        for (std::uint32_t number = 0; number < catalog_.size(); ++number) {
            const auto segment = *catalog_.segment(number);
            File(catalog_.path_of(number), File::Mode::read).check_in_place(segment.records_end);
        }
        keys_.reopen();
        keys_.check_in_place();
        keys_.make_durable();
        for (const auto& secret : setup_.secrets) File(secret, File::Mode::read).check_in_place(Key::size);
        reopen_tail();
        auto tree = recover_tree(setup_.tree_path, catalog_, checkpointer_.last(), setup_.disk);
        checkpointer_.recover();
        const std::lock_guard lock(guard_);
        tree_ = std::move(tree);
        failure_ = nullptr;
        status_.is_writing = true;
        status_.reason.clear();
        log::info("journal-resumed", {{"position", catalog_.end()}});
    } catch (const std::runtime_error& failure) {  // FileError, OpenError, filesystem_error
        fail(failure.what());
    }
}

void Writer::reopen_tail() {
    const auto last = *catalog_.last();
    const auto path = catalog_.path_of(last.number);
    if (last.count == 0) return start_segment(last.number, last.first);
    RecordReader reader(catalog_, last.first + last.count - 1);
    const auto record = reader.next(catalog_.end());
    if (!record || !record->intact)
        throw FileError("the last record in " + path.string() +
                        " is not as it was written. To mend it: chancery archive verify");
    // One may have been made that failed before it was taken into use; behind an unsealed segment it must not
    // stand.
    std::error_code ignored;
    std::filesystem::remove(catalog_.path_of(last.number + 1), ignored);
    sync_folder(path.parent_path());
    tail_ = Tail::resume(path, last, setup_.disk);
    tail_.seal(last, catalog_.last_offsets());
    start_segment(last.number + 1, catalog_.end());
}

}  // namespace chancery::journal
