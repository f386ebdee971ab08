// The contact list (RFC 6121 §2) as a value, and where it is kept.
#pragma once
#include <map>
#include <string>
#include <vector>

#include "base/secret.h"
#include "base/task.h"
#include "core/subscription.h"
#include "storage/database.h"
#include "xmpp/jid.h"

namespace chancery {

/// One contact, or somebody who has only asked to become one (then it is not shown: RFC 6121 §3.1.3).
struct Contact {
    Subscription subscription;
    bool listed = false;                  ///< in the roster that clients see
    std::string name;
    std::vector<std::string> groups;
    std::string request;                  ///< the presence of type subscribe that waits for an answer, serialised
    std::int64_t version = 0;             ///< of the roster when this contact last changed

    /// `<item jid='…' …/>` as RFC 6121 §2.1.2 has it.
    std::string to_xml(const Jid& jid) const;
};

struct Roster {
    std::map<Jid, Contact> contacts;
    std::map<Jid, std::int64_t> removed;  ///< who was removed since `oldest_known`, at which version (XEP-0237 §3)
    std::int64_t version = 0;

    /// The oldest version of which it is known what has changed since. Who has an older one gets the whole roster.
    std::int64_t oldest_known() const;
    /// Forgets who was removed before that.
    void forget_old();
};

/// Rosters in the database. Names, groups and requests are sealed at rest.
class RosterStore {
  public:
    RosterStore(storage::Database& database, const Key& key) : database_(database), key_(key) {}

    Task<Roster> load(Jid owner);
    /// Stores the contact, or removes it when there is none, under the roster's next version, which is returned.
    Task<std::int64_t> save(Jid owner, Jid contact, std::optional<Contact> value);

  private:
    storage::Database& database_;
    Key key_;
};

}  // namespace chancery
