// A node (XEP-0060 §1.2), what somebody is to it, and what follows from that.
#pragma once
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/time.h"
#include "features/pubsub/settings.h"
#include "xmpp/jid.h"

namespace chancery::pubsub {

/// §4.1.
enum class Affiliation { none, outcast, member, publisher, owner };
std::string_view name_of(Affiliation affiliation);
std::optional<Affiliation> affiliation_named(std::string_view name);

struct Node {
    std::int64_t number = 0;                       ///< in the database; 0: not there yet
    Jid owner;                                     ///< bare: the person or the service that has it
    std::string name;
    Settings settings;
    std::map<Jid, Affiliation> affiliations;       ///< by bare address, but for the person's own
    std::map<Jid, std::string> subscriptions;      ///< explicit ones, by the subscribed address; with their ids

    std::map<Jid, std::string> pending;            ///< who has asked an owner to let them subscribe; with the ids

    Affiliation affiliation_of(const Jid& who) const;
    /// Whether the address, or its bare one, has subscribed.
    bool is_subscribed(const Jid& who) const;
    bool has_asked(const Jid& who) const;
};

struct Item {
    std::string id, payload;                       ///< the payload serialised, for the default namespace jabber:client; may be empty
    std::string publisher;                         ///< bare
    Time published{};
};

/// What somebody is to the person whose node it is, beside what the node itself knows.
struct Standing {
    bool sees_presence = false;
    std::vector<std::string> groups;               ///< of the person's contact list that they are in
};

/// §6.5.9, §6.1.3: whether they may read and subscribe.
Result<void, StanzaError> may_read(const Node& node, const Jid& who, const Standing& standing);
/// §7.1.3.
Result<void, StanzaError> may_publish(const Node& node, const Jid& who);

}  // namespace chancery::pubsub
