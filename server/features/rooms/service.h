// The service of rooms (XEP-0045 1.35.5): every address of NAME.DOMAIN.
//
// Operation. A stanza arrives at the home shard of the room it names. It is judged, recorded, stored where it changes what is
// kept, applied to the Room, and only then told to those who are there. Each file of this folder has one of the ways.
// Concurrency. A room is touched on its home shard only. What changes stored state holds Room::changes from the check to the end.
#pragma once
#include <functional>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "features/rooms/room.h"
#include "features/rooms/store.h"

namespace chancery::rooms {

using RoomPtr = std::shared_ptr<Room>;   // owned by the shelf, and by the tasks that wait for something meanwhile

/// A room as an administrator of the server sees it.
struct Overview {
    std::string address, name;
    std::size_t occupants = 0;
    std::vector<std::string> owners;
};

class Rooms final : public Service {
  public:
    Rooms(Host& host, Jid address);

    Task<> take_message(SessionId sender, std::shared_ptr<const Message> message) override;
    Task<> take_presence(StanzaIn presence) override;
    Task<> take_iq(StanzaIn iq) override;
    void stop(Home& home) override;
    std::optional<Time> since(const Jid& room) override;
    Task<> forget(Jid person, Jid administrator) override;

    // For administrators of the server (oversight.h), on any shard.
    /// All rooms by their addresses, or those that nobody owns.
    Task<std::vector<Overview>> overview(Jid asking, bool without_owner);
    /// Makes somebody an owner; a sentence that says so, or why not.
    Task<Reply> appoint(Jid address, Jid person, Jid administrator);

  private:
    /// The rooms whose home is one shard.
    using Shelf = std::unordered_map<std::string, RoomPtr, BareHash, std::equal_to<>>;
    struct Change;

    Shelf& shelf_of(const Jid& room) { return shelves_[host_.home_index(room)]; }
    RoomPtr find(const Jid& room);
    /// Puts on record what somebody has asked for, or asked for in vain. @throws NotRecorded
    Task<> record(journal::Kind kind, Jid from, Jid to, std::string stanza, const StanzaError* refused = nullptr);
    /// Calls `visit(room)` for each room, at its home, one home after the other; then comes back.
    Task<> on_each_room(std::function<void(Room&)> visit);
    Task<> on_shelf(std::size_t home, const std::function<void(Room&)>& visit);

    Task<> take_presence_now(StanzaIn stanza);
    /// Whether a presence has a form that a room takes, and is not more than all there can be told.
    Result<void, StanzaError> may_show(Room* room, const StanzaIn& stanza, const PresenceIn& presence);

    // enter.cc
    Task<> enter(StanzaIn stanza, PresenceIn presence);
    Result<void, StanzaError> may_enter(Room* room, const Jid& device, std::string_view nick, std::string_view password);
    Task<Result<void, StanzaError>> may_create(Jid person);
    Task<> admit(RoomPtr room, Jid device, std::string nick, PresenceIn presence, bool is_new);
    Task<> arrive(RoomPtr room, Jid device, PresenceIn presence, std::vector<int> codes, std::uint64_t said_before);
    Task<bool> has_room_to_read(Jid device);
    /// Where a page of the list of occupants begins: moderators first, in each role by nickname.
    struct Place {
        Role role = Role::moderator;
        std::string nick = {};   ///< behind this one
    };
    /// Shows a page of the others; where the next begins, if there is one.
    std::optional<Place> show_others(Room& room, const Jid& device, Place place);

    // leave.cc
    Task<> leave(StanzaIn stanza);
    Task<> change_nick(RoomPtr room, StanzaIn stanza, PresenceIn presence);
    void change_presence(Room& room, const Jid& device, std::string payload);
    void remove(Room& room, const Jid& device, Shown shown);
    void remove_everywhere(Room& room, const Occupant& occupant, Shown shown);
    void drop_if_unused(Room& room);

    // history.cc
    Task<> load_recent(RoomPtr room);
    void show_history(Room& room, const Jid& device, const PresenceIn& wish, std::uint64_t up_to);
    void show_subject(Room& room, const Jid& device);

    // speak.cc
    /// What a message to a room wants.
    struct Heard {
        policy::RoomFacts::Act act = policy::RoomFacts::Act::unknown;
        bool is_about_membership = false;   ///< a decision on a request to register
        std::string subject;                ///< <subject/> elements, serialised
        std::string shown;                  ///< as the room shows it, when its author is there
    };
    Heard listen(Room* room, const Message& message);
    policy::RoomFacts facts_about(Room* room, const Message& message, const Heard& heard);
    Task<> speak(RoomPtr room, std::shared_ptr<const Message> message, policy::Facts facts, std::string shown);
    /// What everybody hears, and what its author does: a client knows its own words again by the links that it wrote.
    std::pair<Text, Own> copies_of(Room& room, const Message& message, const std::string& shown, const Recorder::Receipt& receipt);
    Task<> change_subject(RoomPtr room, std::shared_ptr<const Message> message, policy::Facts facts, Heard heard);
    Task<> write_privately(RoomPtr room, std::shared_ptr<const Message> message, policy::Facts facts, std::string shown);
    Task<> take_error(std::shared_ptr<const Message> message);

    // invite.cc
    Task<> invite(RoomPtr room, std::shared_ptr<const Message> message, policy::Facts facts);
    Task<> decline(RoomPtr room, std::shared_ptr<const Message> message, policy::Facts facts);
    Task<> send_from_room(Jid room, Jid to, std::string children);

    // ask.cc
    Task<> ask_for_voice(RoomPtr room, std::shared_ptr<const Message> message, policy::Facts facts);
    Task<> decide(RoomPtr room, std::shared_ptr<const Message> message, policy::Facts facts);
    Task<> admit_member(RoomPtr room, Jid person, bool is_allowed);

    // Requests: each answers one payload.
    using Handler = Task<Reply> (Rooms::*)(RoomPtr room, const StanzaIn& iq);
    Handler handler_of(const StanzaIn& iq) const;
    Task<Reply> answer(const StanzaIn& iq);
    Task<> take_iq_for_occupant(StanzaIn iq);
    // disco.cc
    Task<Reply> describe_service(const StanzaIn& iq);
    Task<Reply> list_rooms(const StanzaIn& iq);
    Task<Reply> search_rooms(const StanzaIn& iq);
    Task<Reply> describe(RoomPtr room, const StanzaIn& iq);
    Task<Reply> list_occupants(RoomPtr room, const StanzaIn& iq);
    // admin.cc
    Task<Reply> list_people(RoomPtr room, const StanzaIn& iq);
    Task<Reply> change_people(RoomPtr room, const StanzaIn& iq);
    Result<std::vector<Change>, StanzaError> changes_of(Room& room, const StanzaIn& iq);
    Result<Change, StanzaError> change_of(Room& room, const Jid& actor, const xml::Element& item);
    /// Of affiliations and roles; they are on record and allowed. `actor`: the nickname of who makes them.
    Task<> make(RoomPtr room, std::vector<Change> changes, std::string actor);
    static void set_affiliation(Room& room, const Change& change);
    void apply_affiliation(Room& room, const Change& change, const std::string& actor, const Affiliates::Map& before);
    void apply_role(Room& room, const Change& change, const std::string& actor);
    void set_role(Room& room, Occupant& occupant, Role role, const Shown& shown);
    // owner.cc
    Task<Reply> show_settings(RoomPtr room, const StanzaIn& iq);
    Task<Reply> change_settings(RoomPtr room, const StanzaIn& iq);
    Task<Reply> destroy(RoomPtr room, const StanzaIn& iq, const xml::Element& order);
    Task<> save_if_persistent(RoomPtr room);
    Result<std::vector<Change>, StanzaError> leaders_of(Room& room, const Form& form);
    void announce_settings(Room& room, const Settings& before);
    void end(Room& room, Shown shown);
    // forget.cc
    Task<> forget_in(Jid address, Jid person, Jid administrator);
    void forget_removed_accounts();
    /// Changes that nobody in the room asks for, on record there first. The caller holds Room::changes.
    Task<> change_in_name_of(RoomPtr room, Jid administrator, std::vector<Change> changes);
    // oversight.cc
    Task<> appoint_in(Jid address, Jid person, Jid administrator, Reply& reply);
    // register.cc
    Task<Reply> show_registration(RoomPtr room, const StanzaIn& iq);
    Task<Reply> register_nick(RoomPtr room, const StanzaIn& iq);
    Task<Reply> unregister(RoomPtr room, const StanzaIn& iq);
    void ask_administrators(Room& room, const Jid& person, const std::string& nick);
    // archive.cc
    Task<Reply> describe_archive_form(RoomPtr room, const StanzaIn& iq);
    Task<Reply> query_archive(RoomPtr room, const StanzaIn& iq);
    Task<Reply> describe_archive(RoomPtr room, const StanzaIn& iq);
    // moderate.cc
    Task<Reply> retract(RoomPtr room, const StanzaIn& iq);
    // hats.cc
    Task<Reply> run_command(RoomPtr room, const StanzaIn& iq);
    std::string list_commands(Room& room, const StanzaIn& iq);
    // occupant.cc
    Task<Reply> show_card(RoomPtr room, const StanzaIn& iq);
    Task<Reply> change_card(RoomPtr room, const StanzaIn& iq);
    Task<Reply> ping(RoomPtr room, const StanzaIn& iq);
    Task<> ask_occupant(StanzaIn iq, Jid asking, Jid asked);

    Host& host_;
    Jid address_;
    Store store_;
    std::vector<Shelf> shelves_;
    Pace searches_;   // on the home of the service's own address
};

}  // namespace chancery::rooms
