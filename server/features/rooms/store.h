// Rooms in the database: what of a persistent room outlives a restart. What people wrote is sealed at rest.
//
// Every save is durable when its task ends. A room that is not persistent is not here.
#pragma once
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "features/rooms/room.h"

namespace chancery::rooms {

class Store {
  public:
    explicit Store(Host& host);

    /// All persistent rooms. At start-up, before the shards run.
    std::vector<std::unique_ptr<Room>> load();
    /// Rooms, and people of this domain whose accounts were removed and who are somebody there still. At start-up.
    std::vector<std::pair<std::string, std::string>> left_of_removed_accounts();
    void forget(const std::string& room, const std::string& person);
    /// All that there is of the room; makes it known to the database if it was not.
    Task<> save(const Room& room);
    /// Some people's affiliations, as they are in the room now.
    Task<> save_affiliates(const Room& room, std::set<Jid> people);
    Task<> save_tombstone(const Room& room, std::uint64_t position, std::string tombstone);
    Task<> remove(const Room& room);

  private:
    struct Row;
    struct Person;
    Row row_of(const Room& room) const;
    Person person_of(const Room& room, const Jid& person) const;
    void restore_subject(Room& room, const std::string& sealed) const;
    void restore_hats(Room& room, const std::string& sealed) const;
    void restore_affiliate(Room& room, const Jid& person, std::int64_t level, const std::string& sealed) const;
    std::string seal_for(const Room& room, std::string_view what, std::string_view text) const;
    std::string open_for(const Room& room, std::string_view what, const std::string& sealed) const;

    Host& host_;
    Key key_;
};

}  // namespace chancery::rooms
