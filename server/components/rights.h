// What the settings let a component do in the name of others: as words of a setting, and as it is told when it joins
// (XEP-0355 0.5.0, XEP-0356 0.4.1). Pure.
//
// The words: roster=get, roster=set or roster=both, push=false; message=outgoing; presence=managed_entity or presence=roster;
// iq:get=NAMESPACE, iq:set=NAMESPACE or iq:both=NAMESPACE; delegate=NAMESPACE or delegate=NAMESPACE[ATTRIBUTE,...].
#pragma once
#include <functional>
#include <map>
#include <set>
#include <string>
#include <string_view>

#include "base/result.h"

namespace chancery::components {

inline constexpr std::string_view ns_privilege = "urn:xmpp:privilege:2", ns_delegation = "urn:xmpp:delegation:2";

/// Which requests.
struct Asking {
    bool get = false, set = false;
    bool allows(bool is_set) const { return is_set ? set : get; }
    std::string_view name() const { return get && set ? "both" : set ? "set" : get ? "get" : "none"; }
};

/// Whose presence it is shown: people's here, or also what their contacts elsewhere show them.
enum class Seen { nobody, people, contacts };

struct Rights {
    Asking roster;                                      ///< of everybody here
    bool wants_pushes = true;                           ///< of rosters that it may read
    Seen presence = Seen::nobody;
    bool sends_messages = false;                        ///< in the name of the server and of everybody here
    std::map<std::string, Asking, std::less<>> requests; ///< in the name of everybody here, by namespace
    using Attributes = std::set<std::string, std::less<>>;
    std::map<std::string, Attributes, std::less<>> delegated;  ///< namespaces whose requests it answers in our place, if they have these

    bool pushes_rosters() const { return roster.get && wants_pushes; }

    /// Or the word that is none.
    static Result<Rights, std::string> parse(std::string_view words);
    /// <privilege/>, <delegation/>; empty when there is nothing to tell.
    std::string privilege_xml() const;
    std::string delegation_xml() const;
};

}  // namespace chancery::components
