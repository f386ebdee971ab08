// Denies a change of the subject to who may not (XEP-0045 §8.1), and a long one: everybody who enters is shown it.

#include "policy/rules.h"

namespace chancery::policy {

const Rule room_subject{
    .name = "room-subject",
    .judge = [](const Message& message, const Facts& facts) -> std::optional<StanzaError> {
        constexpr std::size_t limit_bytes = 16 * 1024;
        if (!facts.room || facts.room->act != RoomFacts::Act::change_subject) return std::nullopt;
        if (!facts.room->may_change_subject) return StanzaError{Condition::forbidden, "You may not change the subject of this room."};
        if (message.xml.size() > limit_bytes) return StanzaError{Condition::not_acceptable, "A subject may have 16 KiB."};
        return std::nullopt;
    },
};

}  // namespace chancery::policy
