// What components with rights are told of people here, and what they answer in our place (XEP-0355, XEP-0356): the host keeps one of
// these, which components/ fills in before the shards run.
//
// Concurrency. Called on the home of the person.
#pragma once
#include <functional>
#include <string>

#include "core/host.h"

namespace chancery {

struct Privileged {
    /// A contact list has changed. `query`: as clients get it pushed.
    std::function<void(const Jid& person, const std::string& query)> roster_changed = {};
    /// Presence without type, or that somebody leaves, has come to a person here from outside.
    std::function<void(const Jid& person, const Jid& from, const std::string& presence, bool leaves)> presence_came = {};
    /// Set where anything is delegated: whether a request of such a namespace goes to the component; else it is answered as if nothing were delegated.
    std::function<bool(const Iq&)> takes = {};
};

}  // namespace chancery
