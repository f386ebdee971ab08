#include "core/recorder.h"

#include <future>
#include <utility>
#include <vector>

namespace chancery {

// Owned by its awaiter until it is submitted; then by the journal; then by the job that brings it back.
struct Recorder::Entry : journal::Pending {
    archive::TailEntry tail;
    archive::Owner recipient = 0;
    Executor* home = nullptr;
    std::coroutine_handle<> waiter;               // read and cleared on the home thread only
    std::promise<void>* blocked = nullptr;        // instead of a waiter: somebody blocks

    class Returning;
    Entry* following() const { return static_cast<Entry*>(next); }
};

/// The records of a batch that go back to one shard, in order: a list through `next`, so that a batch needs no memory of its
/// own. Owns what is not taken out.
class Recorder::Entry::Returning {
  public:
    explicit Returning(Executor& home) : home_(&home) {}
    Returning(Returning&& other) noexcept
        : home_(other.home_), first_(std::exchange(other.first_, nullptr)), last_(std::exchange(other.last_, nullptr)) {}
    ~Returning() {
        while (auto entry = take()) entry.reset();
    }

    Executor& home() const { return *home_; }
    void add(Entry& entry) {
        entry.next = nullptr;
        if (last_) last_->next = &entry;
        else first_ = &entry;
        last_ = &entry;
    }
    std::unique_ptr<Entry> take() {
        if (!first_) return nullptr;
        return std::unique_ptr<Entry>(std::exchange(first_, first_->following()));
    }

  private:
    Executor* home_;
    Entry* first_ = nullptr;
    Entry* last_ = nullptr;
};

void Recorder::connect(journal::Journal& journal, archive::Archive& archive, Ledger& ledger, const Key& master) {
    journal_ = &journal;
    archive_ = &archive;
    ledger_ = &ledger;
    passwords_.emplace(master);
}

/// A message may wait in the record for who is away.
std::string Recorder::without_passwords(const Draft& draft) const {
    const auto stanza = draft.record.stanza;
    return draft.kind == journal::Kind::message ? passwords_->sealed(stanza) : RoomPasswords::removed(stanza);
}

std::unique_ptr<Recorder::Entry> Recorder::prepare(const Draft& draft) {
    const auto& owners = archive_->owners();
    auto record = draft.record;
    std::string changed;
    if (RoomPasswords::may_be_in(record.stanza)) record.stanza = changed = without_passwords(draft);
    auto entry = std::make_unique<Entry>();
    entry->tail.from = owners.of(archive::bare_part(record.from));
    entry->tail.to = record.to.empty() ? archive::nobody : owners.of(archive::bare_part(record.to));
    entry->tail.in_sender_history = record.in_sender_history;
    entry->tail.in_recipient_history = record.in_recipient_history;
    entry->recipient = draft.recipient;
    try {
        const journal::ConversationId conversation{owners.conversation(entry->tail.from, entry->tail.to)};
        journal_->seal(*entry, draft.kind, draft.flags, conversation, archive::encode(record));
    } catch (const std::runtime_error& failure) {
        throw NotRecorded(failure.what());
    }
    return entry;
}

Recorder::Awaiter Recorder::record(const Draft& draft) { return Awaiter(*this, prepare(draft)); }

Recorder::Receipt Recorder::record_now(const Draft& draft) {
    auto entry = prepare(draft);
    std::promise<void> settled;
    entry->blocked = &settled;
    journal_->submit(*entry);
    settled.get_future().wait();
    if (!entry->durable) throw NotRecorded(std::string(entry->failure()));
    return {entry->position, entry->time};
}

void Recorder::settled(journal::Pending* first) {
    std::vector<archive::TailEntry> tail;
    std::vector<Entry::Returning> homes;  // a few
    const auto returning_to = [&](Executor& home) -> Entry::Returning& {
        for (auto& known : homes)
            if (&known.home() == &home) return known;
        return homes.emplace_back(home);
    };
    std::vector<std::promise<void>*> blocked;
    for (auto* pending = first; pending;) {
        auto* entry = static_cast<Entry*>(pending);
        pending = pending->next;
        if (entry->durable) {
            entry->tail.position = entry->position;
            entry->tail.time = entry->time;
            tail.push_back(entry->tail);
            ledger_->add(entry->position, entry->recipient);
        }
        if (entry->blocked) blocked.push_back(entry->blocked);
        else returning_to(*entry->home).add(*entry);
    }
    if (!tail.empty()) archive_->added(tail);
    for (auto* promise : blocked) promise->set_value();
    for (auto& entries : homes) {
        auto& home = entries.home();
        home.post([entries = std::move(entries)]() mutable {
            while (auto entry = entries.take()) {
                auto waiter = entry->waiter;
                if (!waiter) continue;
                (void)entry.release();  // back with its awaiter
                waiter.resume();
            }
        });
    }
}

Recorder::Awaiter::Awaiter(Recorder& recorder, std::unique_ptr<Entry> entry)
    : recorder_(recorder), entry_(std::move(entry)) {}

Recorder::Awaiter::~Awaiter() {
    if (submitted_) submitted_->waiter = nullptr;
}

void Recorder::Awaiter::await_suspend(std::coroutine_handle<> caller) {
    submitted_ = entry_.release();
    submitted_->home = &Executor::current();
    submitted_->waiter = caller;
    recorder_.journal().submit(*submitted_);
}

Recorder::Receipt Recorder::Awaiter::await_resume() {
    entry_.reset(std::exchange(submitted_, nullptr));
    if (!entry_->durable) throw NotRecorded(std::string(entry_->failure()));
    return {entry_->position, entry_->time};
}

}  // namespace chancery
