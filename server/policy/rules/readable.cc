// Denies what the archive could keep but nobody could ever read: end-to-end encrypted payloads (DESIGN.md §5).

#include "policy/rules.h"

namespace chancery::policy {

const Rule readable{
    .name = "readable",
    .judge = [](const Message& message, const Facts& facts) -> std::optional<StanzaError> {
        if (!message.traits.encrypted || facts.end_to_end_allowed) return std::nullopt;
        return StanzaError{Condition::policy_violation,
                           "End-to-end encryption is not allowed here because it would keep messages from the record. "
                           "Switch it off for this conversation and send again; the connection itself is encrypted."};
    },
};

}  // namespace chancery::policy
