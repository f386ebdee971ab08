// The one decision point (DESIGN.md §1.2): may this actor do this to that target? Pure: the facts were gathered before.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "xml/element.h"
#include "xmpp/errors.h"
#include "xmpp/message.h"

namespace chancery::policy {

/// What the author of a message to a room (XEP-0045) may do there.
struct RoomFacts {
    enum class Act { unknown, speak, change_subject, write_privately, invite, decline, ask_for_voice, decide };
    Act act = Act::unknown;
    bool exists = false;                ///< and is not locked against this author
    bool is_occupant = false;
    bool has_voice = false;             ///< is a participant or a moderator
    bool may_change_subject = false;
    bool may_write_privately = false;
    bool partner_is_present = false;    ///< to whom a private message goes
    bool may_invite = false;
    bool was_invited = false;
    bool may_ask_for_voice = false;
    bool is_too_fast = false;           ///< says more than everybody there can be told in the time
    bool may_decide = false;            ///< on somebody's request for voice or for membership
};

/// What a rule may know besides the message. core/ gathers it from what it has in memory, so that rules need no I/O.
struct Facts {
    bool recipient_exists = true;       ///< a local account, an address of a service, or not ours to know
    bool out_of_reach = false;          ///< another domain, and there is no way to it
    bool blocked_by_recipient = false;  ///< XEP-0191: the recipient's list has the sender
    bool blocked_by_sender = false;     ///< the sender's own list has the recipient
    bool end_to_end_allowed = false;    ///< the setting policy.end_to_end
    std::optional<RoomFacts> room = {};  ///< the message goes to a room of ours, or into it
    bool file_streams_allowed = false;  ///< the setting policy.file_streams
};

/// Allow, or deny with the rule's name and the error that the sender gets.
struct Decision {
    std::string_view rule = {};         ///< empty: allowed
    StanzaError error = {};

    bool denied() const { return !rule.empty(); }
    static Decision allow() { return {}; }
};

struct Rule {
    std::string_view name;
    /// The refusal of this rule, or nothing.
    std::optional<StanzaError> (*judge)(const Message&, const Facts&);
};

/// One deny is enough, whatever the other rules say; the first one in the list gives the reason.
Decision decide(const Message& message, const Facts& facts);

/// The same of something that is published at a node (XEP-0060), and of a request from one client to another.
Decision decide_publication(std::string_view node, const Facts& facts);
Decision decide_request(const xml::Element& payload, const Facts& facts);

/// What is known of a file that somebody uploads (XEP-0363), or wants to.
struct FileFacts {
    bool is_person_here = true;         ///< has an account here that may sign in
    std::uint64_t bytes = 0, most_bytes = 0;
    std::uint64_t bytes_of_day = 0, most_bytes_of_day = 0;  ///< the same person's before this one
    std::uint64_t files_of_day = 0, most_files_of_day = 0;
    // Known once it has come:
    std::string_view type = {};         ///< by its bytes
    bool is_type_forbidden = false;     ///< the setting files.forbidden
    std::string_view virus = {};        ///< that was found in it
    bool has_no_verdict = false;        ///< there is a scanner, and it did not say
};
Decision decide_file(const FileFacts& facts);

/// Every rule, in the order in which reasons are reported.
const std::vector<const Rule*>& all_rules();

}  // namespace chancery::policy
