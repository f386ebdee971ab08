// What one journal record says, as text of the journal: who to whom, what was decided, and the stanza itself.
//
// The layout is in docs/record-format.md.
#pragma once
#include <optional>
#include <string>
#include <string_view>

#include "xmpp/jid.h"

namespace chancery::archive {

struct Record {
    Jid from;
    std::optional<Jid> to;
    std::string rule;     ///< that decided, empty when none had to
    std::string reason;   ///< of a refusal, for people
    std::string address;  ///< network address that it came from, empty when it came from inside
    std::string stanza;   ///< one complete element, as recorded
    /// Whether the parties see it in their own history (XEP-0313). A chat state or a refused message is on record,
    /// but in nobody's history.
    bool in_sender_history = false, in_recipient_history = false;

    bool operator==(const Record&) const = default;
};

/// The same without copies: views into the plaintext it was decoded from.
struct RecordView {
    std::string_view from, to;  ///< `to` is empty when there is none
    std::string_view rule, reason, address, stanza;
    bool in_sender_history = false, in_recipient_history = false;
};

std::string encode(const Record& record);
std::string encode(const RecordView& record);

/// Nothing when it is not a record of a version that this program knows. The addresses are not checked.
std::optional<RecordView> view_record(std::string_view plaintext);
/// Nothing also when an address in it is none.
std::optional<Record> decode(std::string_view plaintext);

/// The bare part of an address that is in canonical form: up to its first slash.
inline std::string_view bare_part(std::string_view address) { return address.substr(0, address.find('/')); }

}  // namespace chancery::archive
