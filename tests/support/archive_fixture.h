// A real journal with a real archive in a folder that goes when the test ends.
#pragma once
#include <unistd.h>

#include <condition_variable>
#include <filesystem>
#include <fstream>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "archive/archive.h"
#include "journal/journal.h"

namespace chancery::test {

class ArchiveFixture {
  public:
    explicit ArchiveFixture(archive::Options options = {.batch_age = 20ms}) : options_(std::move(options)) {
        std::string name = (std::filesystem::temp_directory_path() / "chancery-archive-XXXXXX").string();
        if (!::mkdtemp(name.data())) throw std::runtime_error("no temporary folder");
        folder_ = name;
        for (const auto* part : {"journal", "keys"}) std::filesystem::create_directory(folder_ / part);
        options_.folder = folder_ / "index";
        open_journal();
    }
    ~ArchiveFixture() {
        close();
        std::filesystem::remove_all(folder_);
    }

    void open_journal() {
        journal_.emplace(journal::Journal::Options{.folder = folder_ / "journal",
                                                   .keys = folder_ / "keys",
                                                   .origin = "gov.example",
                                                   .clock = [this] { return now(); }},
                         [this](journal::Pending* first) { settled(first); });
    }
    void open_archive() { archive_.emplace(*journal_, kek_, options_); }
    void close() {
        archive_.reset();
        journal_.reset();
    }

    archive::Archive& archive() { return *archive_; }
    journal::Journal& journal() { return *journal_; }
    const archive::Owners& owners() const { return owners_; }
    archive::Options& options() { return options_; }
    const std::filesystem::path& folder() const { return folder_; }
    std::filesystem::path index_file() const { return folder_ / "index" / "index.db"; }

    /// The journal's clock: a millisecond on with each record unless set.
    void set_time(Time time) {
        const std::lock_guard lock(guard_);
        time_ = time;
    }

    /// Appends records; returns when they are durable and the archive knows of them.
    void append(const std::vector<archive::Record>& records, std::uint16_t flags = 0) {
        {
            const std::lock_guard lock(guard_);
            waiting_ += records.size();
        }
        for (const auto& record : records) {
            auto* item = new Item;  // given back in settled()
            item->entry.from = owners_.of(record.from);
            item->entry.to = record.to ? owners_.of(*record.to) : archive::nobody;
            item->entry.in_sender_history = record.in_sender_history;
            item->entry.in_recipient_history = record.in_recipient_history;
            const journal::ConversationId conversation{owners_.conversation(item->entry.from, item->entry.to)};
            journal_->seal(*item, journal::Kind::message, flags, conversation, archive::encode(record));
            journal_->submit(*item);
        }
        std::unique_lock lock(guard_);
        done_.wait(lock, [this] { return waiting_ == 0; });
    }

    bool wait_until_indexed() {
        for (int i = 0; i < 2'000; ++i) {
            const auto status = archive_->status();
            if (status.ready && !status.rebuilding && status.indexed == status.journal_end) return true;
            std::this_thread::sleep_for(5ms);
        }
        return false;
    }

  private:
    struct Item : journal::Pending {
        archive::TailEntry entry;
    };

    Time now() {
        const std::lock_guard lock(guard_);
        return time_ += 1ms;
    }

    void settled(journal::Pending* first) {
        std::vector<archive::TailEntry> entries;
        while (first) {
            std::unique_ptr<Item> item(static_cast<Item*>(first));
            first = item->next;
            item->entry.position = item->position;
            item->entry.time = item->time;
            if (item->durable) entries.push_back(item->entry);
            else ++refused_;
        }
        if (archive_) archive_->added(entries);
        const std::lock_guard lock(guard_);
        waiting_ -= entries.size() + std::exchange(refused_, 0);
        done_.notify_all();
    }

    const Key kek_{std::string(32, 'k')};
    const archive::Owners owners_{kek_};
    archive::Options options_;
    std::filesystem::path folder_;
    std::mutex guard_;
    std::condition_variable done_;
    std::size_t waiting_ = 0, refused_ = 0;
    Time time_ = from_micros(1'800'000'000'000'000);
    std::optional<journal::Journal> journal_;
    std::optional<archive::Archive> archive_;
};

inline archive::Record said(std::string_view from, std::string_view to, std::string_view body) {
    const auto sender = *Jid::parse(from), recipient = *Jid::parse(to);
    return {.from = sender,
            .to = recipient,
            .stanza = "<message xmlns='jabber:client' from='" + sender.text() + "' to='" + recipient.text() +
                      "' type='chat'><body>" + std::string(body) + "</body></message>",
            .in_sender_history = true,
            .in_recipient_history = true};
}

}  // namespace chancery::test
