// A journal in a folder of its own, and what it settled.
#pragma once
#include <stdlib.h>

#include <condition_variable>
#include <deque>
#include <filesystem>
#include <memory>
#include <mutex>
#include <stdexcept>

#include "journal/journal.h"

namespace chancery::test {

/// A fresh folder that goes with the object; in memory where that can be had, so that thousands of syncs are
/// quick.
class Folder {
  public:
    Folder() {
        std::string name = std::filesystem::exists("/dev/shm") ? "/dev/shm" : "/tmp";
        name += "/chancery-test-XXXXXX";
        if (!::mkdtemp(name.data())) throw std::runtime_error("mkdtemp");
        path_ = name;
    }
    ~Folder() {
        std::error_code ignored;
        std::filesystem::remove_all(path_, ignored);
    }
    const std::filesystem::path& path() const { return path_; }

  private:
    std::filesystem::path path_;
};

/// A journal with a quick tick, whose settled records can be waited for.
class JournalHarness {
  public:
    explicit JournalHarness(std::filesystem::path folder, std::size_t segment_bytes = 64 << 20,
                            journal::Disk& disk = journal::Disk::real(),
                            std::chrono::milliseconds tick = 20ms)
        : journal({.folder = folder / "journal",
                   .keys = folder / "keys",
                   .origin = "capulet.lit",
                   .segment_bytes = segment_bytes,
                   .tick = tick,
                   .disk = &disk},
                  [this](journal::Pending* first) { settle(first); }) {}

    /// Seals and submits; the record is kept here.
    journal::Pending& send(std::string_view text, std::uint16_t flags = 0, char conversation = 'c') {
        auto& pending = keep();
        journal.seal(pending, journal::Kind::message, flags, id(conversation), text);
        journal.submit(pending);
        return pending;
    }

    /// As send(), and waits until it is settled.
    journal::Pending& append(std::string_view text, std::uint16_t flags = 0, char conversation = 'c') {
        auto& pending = send(text, flags, conversation);
        wait();
        return pending;
    }

    /// Until everything that was sent is settled.
    void wait() {
        std::unique_lock lock(guard_);
        if (!changed_.wait_for(lock, 20s, [this] { return settled_ == records_.size(); }))
            throw std::runtime_error("journal: a record is not settled");
    }

    /// Until the journal writes (again) or not.
    void wait_until_writing(bool is_writing) {
        for (int i = 0; journal.status().is_writing != is_writing; ++i) {
            if (i == 10'000) throw std::runtime_error("journal: its state does not change");
            std::this_thread::sleep_for(1ms);
        }
    }

    static journal::ConversationId id(char letter) {
        journal::ConversationId id;
        id.bytes.fill(letter);
        return id;
    }

    const std::deque<journal::Pending*>& order() const { return order_; }

  private:
    journal::Pending& keep() {
        const std::lock_guard lock(guard_);
        return *records_.emplace_back(std::make_unique<journal::Pending>());
    }

    void settle(journal::Pending* first) {
        const std::lock_guard lock(guard_);
        for (; first; first = first->next) {
            order_.push_back(first);
            ++settled_;
        }
        changed_.notify_all();
    }

    std::mutex guard_;
    std::condition_variable changed_;
    std::deque<std::unique_ptr<journal::Pending>> records_;
    std::deque<journal::Pending*> order_;
    std::size_t settled_ = 0;

  public:
    journal::Journal journal;  // last: what is above is used until it is closed
};

}  // namespace chancery::test
