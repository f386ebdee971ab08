#include "archive/indexer.h"

#include <pthread.h>
#include <sys/resource.h>

#include "archive/merge.h"
#include "base/log.h"
#include "journal/journal.h"

namespace chancery::archive {
namespace {

constexpr int niceness = 10;  // behind whoever carries messages
constexpr auto retry_after = std::chrono::seconds(1);

bool has_words(journal::Kind kind) { return kind == journal::Kind::message || kind == journal::Kind::presence; }

}  // namespace

Indexer::Indexer(const journal::Journal& journal, const Owners& owners, Tail& tail, Readers& readers, Setup setup)
    : journal_(journal), owners_(owners), tail_(tail), readers_(readers), setup_(std::move(setup)),
      file_(setup_.folder / "index.db"), words_(setup_.word_key, setup_.languages, Words::many), batch_(owners_, words_) {
    thread_ = std::jthread([this] { run(); });
}

Indexer::~Indexer() {
    {
        const std::lock_guard lock(guard_);
        stopping_ = true;
    }
    wake_.notify_all();
}

void Indexer::hurry() {
    {
        const std::lock_guard lock(guard_);
        hurried_ = true;
    }
    wake_.notify_all();
}

void Indexer::rebuild() {
    {
        const std::lock_guard lock(guard_);
        order_ = Order::rebuild;
        hurried_ = true;
    }
    wake_.notify_all();
}

void Indexer::distrust() {
    {
        const std::lock_guard lock(guard_);
        order_ = Order::set_aside;
        hurried_ = true;
    }
    wake_.notify_all();
}

Indexer::State Indexer::state() const {
    const std::lock_guard lock(guard_);
    return state_;
}

bool Indexer::is_stopping() const {
    const std::lock_guard lock(guard_);
    return stopping_;
}

void Indexer::run() {
    setpriority(PRIO_PROCESS, 0, niceness);  // on Linux, of this thread
    pthread_setname_np(pthread_self(), "indexer");
    for (bool is_last = false; !is_last;) {
        is_last = is_stopping();  // what became durable before the stop is indexed still
        const bool has_succeeded = try_work();
        std::unique_lock lock(guard_);
        if (is_last) break;
        wake_.wait_for(lock, has_succeeded ? setup_.batch_age : retry_after,
                       [&] { return stopping_ || (hurried_ && has_succeeded); });
        hurried_ = false;
    }
}

bool Indexer::try_work() {
    try {
        work();
        return true;
    } catch (const std::exception& failure) {
        store_.reset();  // undoes what is not committed; what is left of a merge goes when it is opened again
        log::error("archive.index_failed", {{"cause", failure.what()}});
        const std::lock_guard lock(guard_);
        state_.failure = failure.what();
        if (is_damage(failure)) order_ = Order::set_aside;
        return false;
    }
}

void Indexer::work() {
    Order order;
    {
        const std::lock_guard lock(guard_);
        order = std::exchange(order_, Order::none);
    }
    obey(order);
    if (!store_) open();
    catch_up();
    const std::lock_guard lock(guard_);
    state_.failure.clear();
    state_.rebuilding = false;
    changed_.notify_all();
}

void Indexer::obey(Order order) {
    if (order == Order::none) return;
    readers_.publish(nullptr);
    store_.reset();
    if (order == Order::rebuild) remove_store(file_);
    else set_aside(file_, setup_.folder / "index.damaged.db");
    log::warning("archive.index_discarded", {{"damaged", order == Order::set_aside}});
}

void Indexer::open() {
    std::filesystem::create_directories(setup_.folder);
    std::filesystem::permissions(setup_.folder, std::filesystem::perms::owner_all);
    store_ = std::make_unique<Store>(file_, setup_.identity);
    if (store_->index().end() > journal_.durable_end()) throw IndexDamaged("the index is ahead of the journal");
    {
        const std::lock_guard lock(guard_);
        state_.rebuilding = store_->index().runs.empty() && journal_.durable_end() > 0;
    }
    published();
}

void Indexer::catch_up() {
    while (fill_batch()) {
        write_batch();
        const bool must_end = is_stopping();
        while (const auto from = must_end ? std::nullopt : due_merge(store_->index().runs)) {
            merge(*store_, *from);
            published();
        }
        const std::lock_guard lock(guard_);
        if (order_ != Order::none || must_end) return;
    }
}

/// Whether there is anything to write. Reads until the journal's end or the batch's.
bool Indexer::fill_batch() {
    const auto& index = store_->index();
    batch_.begin(index.end(), index.last_time());
    journal::Cursor cursor(journal_, index.end());
    std::uint64_t unreadable = 0;
    while (batch_.records() < setup_.batch_records) {
        const auto entry = cursor.next();
        if (!entry) break;
        if (!*entry) {
            if (entry->error() == journal::ReadError::damaged) ++unreadable;
            batch_.skip(std::nullopt);
        } else if (const auto record = view_record((*entry)->text)) {
            batch_.add(to_micros((*entry)->time), *record, has_words((*entry)->kind));
        } else {
            batch_.skip(to_micros((*entry)->time));
        }
    }
    if (unreadable) {
        log::error("archive.records_unreadable", {{"count", unreadable}, {"before", batch_.end()}});
        const std::lock_guard lock(guard_);
        state_.unreadable += unreadable;
    }
    return batch_.records() > 0;
}

void Indexer::write_batch() {
    const auto id = store_->next_run();
    store_->begin();
    auto run = batch_.write(
        [&](std::size_t number, std::string_view block) { store_->write_block(id, number, block); });
    run.id = id;
    store_->commit(std::move(run), store_->index().runs.size());
    published();
}

void Indexer::published() {
    readers_.publish(std::make_shared<const Index>(store_->index()));
    tail_.indexed(store_->index().end());
    const std::lock_guard lock(guard_);
    state_.indexed = store_->index().end();
    changed_.notify_all();
}

}  // namespace chancery::archive
