// A room as its home shard knows it: how it is configured, who belongs to it, who is in it and what was last said.
//
// Operation. Everything here is what is true now; what asks, judges, records and stores is service.h with its files.
// Concurrency. Belongs to the home shard of its address. Owned by the service's shelf; a task that waits holds it too, and looks
// at `is_gone` when it goes on.
// Limits. Config::rooms: occupants, affiliations, history.
#pragma once
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/async_mutex.h"
#include "core/host.h"
#include "features/rooms/affiliates.h"
#include "features/rooms/crowd.h"
#include "features/rooms/occupants.h"
#include "features/rooms/pace.h"
#include "features/rooms/presence.h"
#include "features/rooms/settings.h"

namespace chancery::rooms {


/// What the author of something hears of it, where that is not what all hear.
struct Own {
    std::vector<Jid> devices = {};
    Text xml = {};   ///< without 'to'
};

/// A message that everybody got: what who enters is shown of the past.
struct Said {
    std::uint64_t number = 0;             ///< in the order in which it was said; 0: before the room was loaded
    std::uint64_t position = 0;           ///< in the journal
    Time time;
    Text xml;                             ///< without 'to'
};

struct Hat {
    std::string title, hue;
};

class Room {
  public:
    Room(Host& host, Jid jid, Time created);
    Room(const Room&) = delete;

    const Jid& jid() const { return jid_; }
    /// The address of an occupant; the nickname is prepared already.
    Jid address_of(std::string_view nick) const;

    // Who is what: of a person by any of their addresses, or of the domain that they are from.
    Affiliation affiliation_of(const Jid& person) const;
    const Affiliate* affiliate(const Jid& person) const;
    Standing standing_of(const Jid& device);
    /// Whether somebody else has reserved the nickname.
    bool is_reserved(std::string_view nick, const Jid& person) const;
    /// Whether this occupant may see real addresses.
    bool sees_addresses(const Occupant& occupant) const;
    bool shows(const Occupant& occupant) const { return settings.shows[static_cast<std::size_t>(occupant.role)]; }

    // Who is there.
    Occupant* occupant(std::string_view nick) const { return occupants_.with_nick(nick); }
    Occupant* occupant_on(const Jid& device) const { return occupants_.on(device); }
    Occupants& occupants() { return occupants_; }
    bool is_empty() const { return occupants_.size() == 0; }
    /// How many there are whose presence is shown.
    std::size_t shown_count() const;
    Occupant& put_in(std::string nick, const Jid& device, std::string payload);
    /// The device is no more in the room; the occupant neither, when it was their last. They must be there.
    void take_out(const Jid& device);

    /// Takes on what tells so many devices something that one person wants said or shown; or why they have to wait (§13.6).
    Result<void, StanzaError> take_on(const Jid& person, std::size_t told);
    /// How many are told of the presence of somebody with that affiliation.
    std::size_t told_of(const Jid& person);

    // What is said.
    /// The presence of an occupant as somebody who may see addresses, or may not, gets it.
    std::string presence_of(const Occupant& occupant, const Shown& shown, bool with_address) const;
    /// To everybody; who it is about gets it with code 110 in addition.
    void show(const Occupant& occupant, const Shown& shown);
    /// To the occupant's own devices only.
    void tell(const Occupant& occupant, const Shown& shown) const;
    /// To those who may not see the occupant's presence any more, as if they had left.
    void hide(const Occupant& occupant);
    /// To everybody who is there.
    void say(Text xml, const Own& own = {});
    /// The same, kept for who enters later.
    void say(Said said, const Own& own = {});
    /// A message of the room itself with status codes.
    std::string notice(const std::vector<int>& codes, std::string_view item = {}) const;

    // Arriving: gets presence at once and messages when it has been shown the past.
    void begin_arrival(const Jid& device);
    void end_arrival(const Jid& device);
    bool is_arriving(const Jid& device) const { return arriving_.contains(device); }
    /// Whether this occupant sees addresses, or everybody, has changed.
    void refresh_crowd(const Occupant& occupant);
    void refresh_crowd();

    Settings settings;
    Time created;
    bool is_locked = false, is_gone = false;
    bool is_stored = false;                            ///< is in the database
    Affiliates affiliates;
    std::map<std::string, Hat> hats;                   ///< XEP-0317, by URI
    std::string subject;                               ///< <subject/> elements, serialised; empty: none was set
    std::string subject_nick;
    Time subject_time;
    std::string card, card_hash;                       ///< vcard-temp, and SHA-1 of its photo (XEP-0153)
    std::map<std::uint64_t, std::string> tombstones;   ///< XEP-0425: shown instead of what moderators took back, by position
    std::map<Jid, Jid> invited;                        ///< who may decline, and who invited them
    std::set<Jid> leaving;                             ///< devices whose leave is on its way to the record, and stands
    std::map<Jid, std::string> asking;                 ///< for membership (§9.9), with the nickname they want
    AsyncMutex changes;                                ///< held while what is stored changes

    std::deque<Said> recent;
    bool is_recent_loaded = false;
    std::uint64_t live_from = 0;                       ///< positions from here on are said live and not loaded
    std::uint64_t said = 0;                            ///< number of the last
    std::size_t speaking = 0;                          ///< messages on their way to the journal
    AsyncMutex loading;
    /// Forgets what is older than the room shows.
    void trim_recent();

  private:
    void say_presence(const Occupant& occupant, std::string plain, std::string revealing);
    void to_arriving(const std::string& xml, const std::vector<Jid>& except) const;

    Host& host_;
    Jid jid_;
    Key id_key_;
    Crowd crowd_;
    Pace pace_;
    Occupants occupants_;
    std::map<Jid, std::vector<Text>> arriving_;   // what they get when they have arrived
};

}  // namespace chancery::rooms
