// A local person as the home shard knows them: their sessions, their contacts, what waits for them.
#pragma once
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/async_mutex.h"
#include "core/push_target.h"
#include "core/roster.h"
#include "core/session.h"

namespace chancery {

class Home;

class User {
  public:
    User(Home& home, Jid bare, std::uint64_t owner) : home_(home), jid_(std::move(bare)), owner_(owner) {}
    User(const User&) = delete;

    Home& home() { return home_; }
    const Jid& jid() const { return jid_; }
    /// The keyed hash under which the archive and the ledger know the person.
    std::uint64_t owner() const { return owner_; }

    Session* session(std::string_view resource);
    bool is_available() const;

    std::vector<std::unique_ptr<Session>> sessions;
    std::vector<std::uint64_t> offline;     ///< positions of messages that wait for the next sign-in, in order
    std::optional<Roster> roster;           ///< once it is loaded; dropped when the last session ends
    std::vector<std::pair<std::string, std::uint32_t>> ended_streams;  ///< XEP-0198 §5: id and count of the last that were not resumed
    AsyncMutex roster_lock;                 ///< held while the roster is loaded or changed
    std::optional<std::pair<Time, std::string>> left;  ///< when the last client left since the start, and its last words
    std::string away_message;               ///< set until taken back, whatever the clients' presence says
    std::vector<PushTarget> push_targets;   ///< XEP-0357
    std::set<Jid> answered;                 ///< who was sent the away message during this absence

  private:
    Home& home_;
    Jid jid_;
    std::uint64_t owner_;
};

}  // namespace chancery
