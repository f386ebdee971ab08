// Denies a message between two people of whom one has blocked the other (XEP-0191 1.3).

#include "policy/rules.h"

namespace chancery::policy {

/// XEP-0191 §3.2: the blocked sender gets <service-unavailable/>, as if nobody was there; the one who blocks and writes
/// all the same gets <not-acceptable/> with the condition <blocked/>.
const Rule not_blocked{
    .name = "not-blocked",
    .judge = [](const Message&, const Facts& facts) -> std::optional<StanzaError> {
        if (facts.blocked_by_sender)
            return StanzaError{Condition::not_acceptable, "You have blocked this person.", "cancel",
                               "<blocked xmlns='urn:xmpp:blocking:errors'/>"};
        if (facts.blocked_by_recipient)
            return StanzaError{Condition::service_unavailable, "There is nobody at that address."};
        return std::nullopt;
    },
};

}  // namespace chancery::policy
