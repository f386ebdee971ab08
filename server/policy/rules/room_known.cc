// Denies what is said to a room that is not there, or in a form that rooms do not understand (XEP-0045 1.35).

#include "policy/rules.h"

namespace chancery::policy {

const Rule room_known{
    .name = "room-known",
    .judge = [](const Message&, const Facts& facts) -> std::optional<StanzaError> {
        if (!facts.room) return std::nullopt;
        if (!facts.room->exists) return StanzaError{Condition::item_not_found, "There is no such room."};
        if (facts.room->act != RoomFacts::Act::unknown) return std::nullopt;
        return StanzaError{Condition::bad_request, "A room takes messages of type groupchat, invitations and requests for voice."};
    },
};

}  // namespace chancery::policy
