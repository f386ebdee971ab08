// Denies what one person says in a room faster than all who are there can be told (XEP-0045 §13 leaves it to the service).

#include "policy/rules.h"

namespace chancery::policy {

const Rule room_pace{
    .name = "room-pace",
    .judge = [](const Message&, const Facts& facts) -> std::optional<StanzaError> {
        if (!facts.room || !facts.room->is_too_fast) return std::nullopt;
        return StanzaError{Condition::resource_constraint, "You write faster than everybody in this room can be told. Wait a little.", "wait"};
    },
};

}  // namespace chancery::policy
