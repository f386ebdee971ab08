// Denies private messages between occupants where the room does not allow them (XEP-0045 §7.5).

#include "policy/rules.h"

namespace chancery::policy {

const Rule room_private{
    .name = "room-private",
    .judge = [](const Message&, const Facts& facts) -> std::optional<StanzaError> {
        if (!facts.room || facts.room->act != RoomFacts::Act::write_privately) return std::nullopt;
        if (!facts.room->partner_is_present) return StanzaError{Condition::item_not_found, "Nobody has that nickname in the room."};
        if (facts.room->may_write_privately) return std::nullopt;
        return StanzaError{Condition::forbidden, "This room does not allow you to write privately."};
    },
};

}  // namespace chancery::policy
