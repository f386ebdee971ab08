// The states of a presence subscription and what moves them: RFC 6121 Appendix A, as pure functions.
#pragma once
#include <optional>
#include <string_view>

namespace chancery {

enum class SubscriptionStanza { subscribe, subscribed, unsubscribe, unsubscribed };

std::optional<SubscriptionStanza> subscription_stanza(std::string_view presence_type);
std::string_view name_of(SubscriptionStanza stanza);

/// Where a user and one contact stand, seen from the user. The nine states of RFC 6121 §A.1 and pre-approval.
struct Subscription {
    bool to = false;           ///< the user sees the contact's presence
    bool from = false;         ///< the contact sees the user's presence
    bool asked = false;        ///< "pending out": the user has asked, no answer yet
    bool pending_in = false;   ///< "pending in": the contact has asked, the user has not answered
    bool approved = false;     ///< pre-approved: the next request is granted without asking (§3.4)

    /// The value of the roster item's attribute 'subscription' (§2.1.2.5).
    std::string_view name() const;
    friend bool operator==(const Subscription&, const Subscription&) = default;
};

/// What follows from a stanza of one's own user.
struct Outbound {
    bool route = false;        ///< pass it on to the contact
    bool grant_presence = false;   ///< then send the contact the presence of every available resource (§3.1.5)
    bool withdraw_presence = false;///< then send the contact unavailable presence of every available resource (§3.2.2)
};

/// What follows from a stanza of the contact.
struct Inbound {
    bool deliver = false;      ///< show it to the user's clients
    std::optional<SubscriptionStanza> answer;  ///< what the server answers in the user's name (§3.1.3)
    bool withdraw_presence = false;  ///< send the contact unavailable presence of every available resource (§3.3.3)
};

/// Changes `state` as RFC 6121 §A.2 says.
Outbound send(Subscription& state, SubscriptionStanza stanza);
/// Changes `state` as RFC 6121 §A.3 says.
Inbound receive(Subscription& state, SubscriptionStanza stanza);

}  // namespace chancery
