// Denies a visitor of a moderated room the word (XEP-0045 §7.4).

#include "policy/rules.h"

namespace chancery::policy {

const Rule room_voice{
    .name = "room-voice",
    .judge = [](const Message&, const Facts& facts) -> std::optional<StanzaError> {
        if (!facts.room || facts.room->act != RoomFacts::Act::speak || facts.room->has_voice) return std::nullopt;
        return StanzaError{Condition::forbidden, "Visitors may not speak in this room. You can ask its moderators for voice."};
    },
};

}  // namespace chancery::policy
