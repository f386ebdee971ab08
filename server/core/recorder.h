// The way into the journal for tasks: `co_await recorder.record(…)` goes on when the record is durable, or throws.
//
// Operation. Records are sealed on the caller's shard, written by the journal thread in batches, and each batch wakes
// each shard once. On the way back the ledger and the archive's tail learn of them before anybody is woken.
// Concurrency: every shard. The journal's callback runs on the journal thread.
#pragma once
#include <coroutine>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>

#include "archive/archive.h"
#include "archive/record.h"
#include "base/executor.h"
#include "base/time.h"
#include "core/ledger.h"
#include "journal/journal.h"
#include "xmpp/room_password.h"

namespace chancery {

/// The journal did not take the record: what was to be recorded must not happen.
struct NotRecorded : std::runtime_error {
    using std::runtime_error::runtime_error;
};

class Recorder {
  public:
    struct Receipt {
        journal::Position position;
        Time time;
    };

    /// What is to be recorded; its texts are read before record() returns. `recipient`: the owner whose message waits in the ledger until it is handed over; or 0.
    struct Draft {
        journal::Kind kind = journal::Kind::message;
        std::uint16_t flags = 0;
        archive::RecordView record;
        archive::Owner recipient = 0;
    };

    class Awaiter;

    /// Links the parts that were built one after the other; before the first record.
    void connect(journal::Journal& journal, archive::Archive& archive, Ledger& ledger, const Key& master);

    /// `co_await recorder.record(draft)`: the receipt. @throws NotRecorded
    Awaiter record(const Draft& draft);
    /// The same for threads that may block: the command line, workers.
    Receipt record_now(const Draft& draft);

    /// Called by the journal with the records of a batch, in order, durable or refused.
    void settled(journal::Pending* first);

    journal::Journal& journal() { return *journal_; }

    /// A stanza from the record as its author sent it: the record has no password of a room that anybody could read there.
    std::string as_sent(std::string stanza) const { return passwords_->opened(std::move(stanza)); }

  private:
    struct Entry;
    std::string without_passwords(const Draft& draft) const;
    std::unique_ptr<Entry> prepare(const Draft& draft);

    journal::Journal* journal_ = nullptr;
    archive::Archive* archive_ = nullptr;
    Ledger* ledger_ = nullptr;
    std::optional<RoomPasswords> passwords_;
};

class Recorder::Awaiter {
  public:
    Awaiter(Recorder& recorder, std::unique_ptr<Entry> entry);
    Awaiter(const Awaiter&) = delete;
    ~Awaiter();
    bool await_ready() const { return false; }
    void await_suspend(std::coroutine_handle<> caller);
    Receipt await_resume();

  private:
    Recorder& recorder_;
    std::unique_ptr<Entry> entry_;  // ours before it is submitted and after it has come back
    Entry* submitted_ = nullptr;
};

}  // namespace chancery
