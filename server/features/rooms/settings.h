// How a room is configured (XEP-0045 §10.1-10.2): a value, its form, and what service discovery says of it.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "features/rooms/affiliation.h"
#include "features/rooms/form.h"

namespace chancery::rooms {

inline constexpr std::string_view ns_muc = "http://jabber.org/protocol/muc";
inline constexpr std::string_view ns_user = "http://jabber.org/protocol/muc#user";
inline constexpr std::string_view ns_admin = "http://jabber.org/protocol/muc#admin";
inline constexpr std::string_view ns_owner = "http://jabber.org/protocol/muc#owner";
inline constexpr std::string_view form_config = "http://jabber.org/protocol/muc#roomconfig";

/// Who may write privately.
enum class PrivateMessages : std::uint8_t { nobody, moderators, participants, anyone };

struct Settings {
    std::string name, description, language;
    std::string password;                  ///< when `has_password`
    std::string pubsub;                    ///< of an associated node; shown to owners only
    bool has_password = false;
    bool is_persistent = false, is_public = true, is_members_only = false, is_moderated = false;
    bool is_announcement_only = false;     ///< only moderators have voice, whoever is a member
    bool is_anonymous = true;              ///< only moderators see real addresses
    bool may_change_subject = false;       ///< occupants with voice, not only moderators
    bool may_invite = true;                ///< occupants, in a members-only room its members; not only admins
    PrivateMessages private_messages = PrivateMessages::anyone;
    bool shows[4] = {false, true, true, true};    ///< whose presence is broadcast, by role
    bool lists[4] = {false, false, true, true};   ///< who may see the lists of affiliations, by role
    std::int64_t most_occupants = 0;       ///< 0: as many as the service allows
    std::int64_t history = 20;             ///< shown at most to who enters

    /// §5.1.2.
    Role role_of(Affiliation affiliation) const;
    bool may_write_privately(Role role) const;
    /// The form that an owner fills in, with the values of now.
    std::string form(std::int64_t most_history) const;
    /// The same as a filled-in form: what is stored.
    std::string stored() const;
    /// Changes what the form names. Refused: nothing is changed.
    Result<void, StanzaError> apply(const Form& form, std::int64_t most_history);
    /// What XEP-0030 says of the room (XEP-0045 §15.3).
    std::vector<std::string_view> features() const;

    bool operator==(const Settings&) const = default;

  private:
    void write(FormWriter& form) const;
};

}  // namespace chancery::rooms
