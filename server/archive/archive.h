// The archive: users' histories and officers' searches, as views of the journal.
//
// Operation. A thread of low priority follows the journal and keeps an index in DIR/ that holds keyed hashes only and
// can be deleted at any time: it is built again. Records that are durable but not indexed yet are known from added(),
// so that every answer contains everything that is on record. Failures of the index never touch the journal: they are
// logged, retried each second, and stand in status(); a damaged index is set aside and built again.
//
// Concurrency. Every function on every thread. history(), bounds(), search() and show() read files: they belong on
// Workers. added() takes one short lock.
//
// Limits. 200,000 records that are not indexed are kept in memory (56 bytes each); beyond that, and while the index is
// built anew, histories and searches throw NotReady.
#pragma once
#include <chrono>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "archive/history.h"
#include "archive/not_ready.h"
#include "archive/owner.h"
#include "archive/search.h"
#include "archive/tail_entry.h"
#include "base/result.h"
#include "base/secret.h"

namespace chancery::journal {
class Journal;
}

namespace chancery::archive {

struct Options {
    std::filesystem::path folder;  ///< created with mode 0700 where it is missing
    /// Languages of words in the Latin script, by the names of Snowball; other scripts have theirs. Another choice
    /// builds the index anew.
    std::vector<std::string> languages = {"english"};
    std::size_t batch_records = 8'192;        ///< indexed at once
    std::chrono::milliseconds batch_age{1'000};  ///< a record waits no longer than this for its batch
    std::size_t tail_limit = 200'000;
};

struct Status {
    Position indexed = 0;      ///< everything before is in the index
    Position journal_end = 0;  ///< the next record's position
    bool ready = false;        ///< histories and searches are answered
    bool rebuilding = false;   ///< the index is built from the beginning of the journal
    std::uint64_t unreadable = 0;  ///< damaged records passed over since the start
    std::string failure;       ///< of the last attempt, empty when it succeeded
};

class Archive {
  public:
    /// Opens the index and follows the journal, which must outlive this. Begins before anything is appended to the
    /// journal, or calls of added() would be missed. Never fails for the index's sake: status() says what is wrong.
    Archive(journal::Journal& journal, const Key& key_encryption_key, Options options);
    /// Indexes what is durable, unless that fails, and ends.
    ~Archive();
    Archive(const Archive&) = delete;
    Archive& operator=(const Archive&) = delete;

    const Owners& owners() const;

    /// Records that have just become durable, in order of position and without gaps. On the journal's thread, before
    /// anyone hears that they are durable: who heard of a record finds it in the archive.
    void added(std::span<const TailEntry> entries);

    /// A page of one user's history. Items whose key was destroyed are left out. @throws NotReady
    Result<HistoryPage, HistoryRefusal> history(const HistoryQuery& query) const;
    /// Nothing when the history is empty. @throws NotReady
    std::optional<HistoryBounds> bounds(Owner owner) const;

    /// The next matches in order of position, each verified against the decrypted text. @throws NotReady
    SearchPage search(const Search& search) const;
    /// One record; nothing when there is none at this position or its bytes are damaged.
    std::optional<Match> show(Position position) const;

    Status status() const;
    /// Waits until histories are answered, at most so long; whether they are.
    bool wait_until_ready(std::chrono::milliseconds limit) const;
    /// Throws the index away and builds it from the journal. Returns at once.
    void rebuild();

  private:
    class Parts;
    std::unique_ptr<Parts> parts_;
};

}  // namespace chancery::archive
