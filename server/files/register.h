// Which files there are, in state.db: what was asked for, what has come of it, and what is known of its content.
//
// Concurrency. Every function on every thread; work() is done by the database's threads. What people wrote is sealed.
#pragma once
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/secret.h"
#include "base/task.h"
#include "base/time.h"
#include "files/verdict.h"
#include "storage/database.h"
#include "xmpp/jid.h"

namespace chancery::files {

/// As numbers in the database: they do not change.
enum class State : std::uint8_t { awaited = 0, kept = 1, quarantined = 2, removed = 3 };

/// What somebody wants to upload.
struct Slot {
    std::string id;
    Jid owner;                       ///< bare
    std::string name, declared_type; ///< as they said
    std::uint64_t size = 0;
    Time created;
    State state = State::awaited;
};

/// What several files may have in common.
struct Content {
    std::string name;                ///< Store::name_of
    std::uint64_t size = 0;
    std::string sha256;              ///< in hex
    std::string type;                ///< by its bytes
    Verdict verdict = Verdict::not_scanned;
    std::string virus;
};

/// That a file is not there any more.
struct Removal {
    Time at;
    std::string how;                 ///< as it ends the sentence "removed on …": under the retention of …, by … because …
};

struct File {
    Slot slot;
    std::optional<Content> content;  ///< once it has come; known also of what was removed
    std::optional<Removal> removal;
};

/// What somebody has uploaded, or is about to, in a while.
struct Usage {
    std::uint64_t bytes = 0, files = 0;
    std::optional<Time> oldest;
};

class Register {
  public:
    Register(storage::Database& database, const Key& master);

    /// Counts what the owner has uploaded since `since`, and asked for since `lapsed`, and adds the slot if `may` says so. What
    /// was counted. What was asked for before `since` and has not come is forgotten.
    Task<Usage> add(Slot slot, Time since, Time lapsed, std::function<bool(const Usage&)> may);
    Task<std::optional<File>> find(std::string id);
    std::optional<File> find_now(const std::string& id);
    /// Files with this content, oldest first.
    std::vector<File> find_content_now(const std::string& name);
    /// Bytes are about to be kept: what a crash leaves of them is known as ours.
    void expect_now(const Content& content);
    /// The upload has come. What was known of the content before is replaced. Which files have it, when it is infected: they
    /// are withheld too.
    std::vector<std::string> settle_now(const std::string& id, const Content& content);
    /// Files whose content is infected.
    std::vector<std::string> infected_now();

    /// The oldest files in this state that were asked for before then.
    std::vector<std::string> older_now(State state, Time before, std::size_t most);
    void remove_now(const std::string& id, const Removal& removal);
    /// Whether a file in this state has the content.
    bool is_needed_now(const std::string& content, State state);
    bool has_known_now(const std::string& content);

  private:
    std::string sealed_slot(const Slot& slot) const;
    storage::Blob sealed_content(const Content& content) const;
    std::optional<File> read(storage::Snapshot& snapshot, const std::string& id) const;

    storage::Database& database_;
    const Key key_;
};

}  // namespace chancery::files
