// Denies messages from outside of the room (XEP-0045 §7.4, §7.5, §8.1).

#include "policy/rules.h"

namespace chancery::policy {

const Rule room_entered{
    .name = "room-entered",
    .judge = [](const Message&, const Facts& facts) -> std::optional<StanzaError> {
        if (!facts.room || facts.room->is_occupant) return std::nullopt;
        using Act = RoomFacts::Act;
        const auto act = facts.room->act;
        const bool from_inside = act == Act::speak || act == Act::change_subject || act == Act::write_privately || act == Act::ask_for_voice;
        if (!from_inside) return std::nullopt;
        return StanzaError{Condition::not_acceptable, "Enter the room first.", "modify"};
    },
};

}  // namespace chancery::policy
