// Denies invitations to who may not invite, and their decline to who was not invited (XEP-0045 §7.8.2).

#include "policy/rules.h"

namespace chancery::policy {

const Rule room_invitation{
    .name = "room-invitation",
    .judge = [](const Message&, const Facts& facts) -> std::optional<StanzaError> {
        if (!facts.room) return std::nullopt;
        using Act = RoomFacts::Act;
        if (facts.room->act == Act::invite && !facts.room->may_invite)
            return StanzaError{Condition::forbidden, "You may not invite people to this room."};
        if (facts.room->act == Act::decline && !facts.room->was_invited)
            return StanzaError{Condition::item_not_found, "Nobody has invited you to this room."};
        return std::nullopt;
    },
};

}  // namespace chancery::policy
