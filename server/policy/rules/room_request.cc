// Denies requests for voice where they are not taken, and decisions on requests to who may not decide (XEP-0045 §7.13, §8.6, §9.9).

#include "policy/rules.h"

namespace chancery::policy {

const Rule room_request{
    .name = "room-request",
    .judge = [](const Message&, const Facts& facts) -> std::optional<StanzaError> {
        if (!facts.room) return std::nullopt;
        using Act = RoomFacts::Act;
        if (facts.room->act == Act::ask_for_voice && !facts.room->may_ask_for_voice)
            return StanzaError{Condition::forbidden, "There is nothing to ask for: you have voice, or this room takes no requests."};
        if (facts.room->act == Act::decide && !facts.room->may_decide)
            return StanzaError{Condition::forbidden, "You may not decide on that."};
        return std::nullopt;
    },
};

}  // namespace chancery::policy
