// Denies a message to somebody who is not here: no such account, or a domain that this server does not reach.

#include "policy/rules.h"

namespace chancery::policy {

/// RFC 6121 §8.5.1 (no such user), RFC 6120 §10.4 (remote domain). One text for both kinds of account that get nothing,
/// so that nobody learns by asking which accounts exist.
const Rule recipient_known{
    .name = "recipient-known",
    .judge = [](const Message&, const Facts& facts) -> std::optional<StanzaError> {
        if (facts.out_of_reach)
            return StanzaError{Condition::remote_server_not_found, "This server does not exchange messages with that domain."};
        if (!facts.recipient_exists)
            return StanzaError{Condition::service_unavailable, "There is nobody at that address."};
        return std::nullopt;
    },
};

}  // namespace chancery::policy
