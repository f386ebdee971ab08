// Denies a change of the subject to who may not (XEP-0045 §8.1).

#include "policy/rules.h"

namespace chancery::policy {

const Rule room_subject{
    .name = "room-subject",
    .judge = [](const Message&, const Facts& facts) -> std::optional<StanzaError> {
        if (!facts.room || facts.room->act != RoomFacts::Act::change_subject || facts.room->may_change_subject) return std::nullopt;
        return StanzaError{Condition::forbidden, "You may not change the subject of this room."};
    },
};

}  // namespace chancery::policy
