#include "archive/reading.h"

#include <thread>

#include "archive/not_ready.h"

namespace chancery::archive {

void Readers::publish(IndexPtr index) {
    const std::lock_guard lock(guard_);
    index_ = std::move(index);
    if (!index_) idle_.clear();
}

IndexPtr Readers::published() const {
    const std::lock_guard lock(guard_);
    return index_;
}

std::unique_ptr<StoreReader> Readers::borrow() {
    {
        const std::lock_guard lock(guard_);
        if (!idle_.empty()) {
            auto reader = std::move(idle_.back());
            idle_.pop_back();
            return reader;
        }
    }
    return std::make_unique<StoreReader>(file_);
}

void Readers::give_back(std::unique_ptr<StoreReader> reader) {
    reader->end();
    const std::lock_guard lock(guard_);
    if (index_ && reader->stamp() == index_->stamp) idle_.push_back(std::move(reader));
}

Reading::Reading(Readers& readers) : readers_(readers) {
    // A commit becomes visible in the file a moment before it is published: then the two differ, and soon agree.
    constexpr int attempts = 2'000;
    for (int attempt = 0; attempt < attempts; ++attempt) {
        index_ = readers.published();
        if (!index_) break;
        if (!reader_) reader_ = readers.borrow();
        if (reader_->begin(*index_)) return;
        reader_->end();
        if (reader_->stamp() != index_->stamp) reader_.reset();  // the file was replaced
        if (attempt < 20) std::this_thread::yield();
        else std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
    throw NotReady("the archive's index is being built");
}

Reading::~Reading() {
    if (reader_) readers_.give_back(std::move(reader_));
}

}  // namespace chancery::archive
