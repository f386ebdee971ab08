// XEP-0356 §4.4 and §7: what components with the right to it are told of contact lists and of who is here.
//
// Operation. Of people here the first presence and the last, once; with presence=roster also what their contacts elsewhere show
// them. Who joins is told of everybody who is there.
// Concurrency. On every shard. One lock guards what is known of contacts elsewhere; they are told of under it, so that
// nobody who has left is said to be there.
// Limits. `most_contacts` devices of contacts elsewhere are remembered; of more a component is told, but not again when it joins.
#pragma once
#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "components/delegation.h"
#include "core/host.h"

namespace chancery::components {

class Service;

class Watching {
  public:
    Watching(Host& host, Service& service, const AllRights& rights);
    /// Before the shards run.
    static void install(Host& host, Service& service, const AllRights& rights);

    /// A component has joined.
    void tell_present(const std::string& domain);
    /// On the home of the session's person.
    void came(const Session& session);
    void went(const Session& session);

  private:
    void tell(const std::vector<Jid>& components, const std::string& presence);
    void roster_changed(const Jid& person, const std::string& query);
    Task<> contact_changed(Jid person, Jid from, std::string presence, bool leaves);

    Host& host_;
    Service& service_;
    std::vector<Jid> of_rosters_, of_people_, of_contacts_;  // components that are told
    std::mutex guard_;
    std::map<Jid, std::string> contacts_;                    // elsewhere, by device; what they last said, without 'to'
};

}  // namespace chancery::components
