#include "core/subscription.h"

#include <utility>

namespace chancery {

std::optional<SubscriptionStanza> subscription_stanza(std::string_view presence_type) {
    if (presence_type == "subscribe") return SubscriptionStanza::subscribe;
    if (presence_type == "subscribed") return SubscriptionStanza::subscribed;
    if (presence_type == "unsubscribe") return SubscriptionStanza::unsubscribe;
    if (presence_type == "unsubscribed") return SubscriptionStanza::unsubscribed;
    return std::nullopt;
}

std::string_view name_of(SubscriptionStanza stanza) {
    switch (stanza) {
        case SubscriptionStanza::subscribe: return "subscribe";
        case SubscriptionStanza::subscribed: return "subscribed";
        case SubscriptionStanza::unsubscribe: return "unsubscribe";
        case SubscriptionStanza::unsubscribed: return "unsubscribed";
    }
    std::unreachable();
}

std::string_view Subscription::name() const {
    if (to && from) return "both";
    if (to) return "to";
    return from ? "from" : "none";
}

Outbound send(Subscription& state, SubscriptionStanza stanza) {
    switch (stanza) {
        case SubscriptionStanza::subscribe:  // §A.2.1: always routed; only without a subscription does it become pending
            if (!state.to) state.asked = true;
            return {.route = true};
        case SubscriptionStanza::unsubscribe:  // §A.2.2
            state.to = state.asked = false;
            return {.route = true};
        case SubscriptionStanza::subscribed:  // §A.2.3; without a request it is a pre-approval (§3.4.2)
            if (state.from) return {};
            if (!state.pending_in) return state.approved = true, Outbound{};
            state.pending_in = false;
            state.from = true;
            return {.route = true, .grant_presence = true};
        case SubscriptionStanza::unsubscribed: {  // §A.2.4; also takes a pre-approval back (§3.4.2)
            state.approved = false;
            const bool had = std::exchange(state.from, false);
            const bool asked = std::exchange(state.pending_in, false);
            return {.route = had || asked, .withdraw_presence = had};
        }
    }
    std::unreachable();
}

Inbound receive(Subscription& state, SubscriptionStanza stanza) {
    switch (stanza) {
        case SubscriptionStanza::subscribe:  // §A.3.1, §3.1.3
            if (state.from) return {.answer = SubscriptionStanza::subscribed};
            if (state.approved) return state.from = true, Inbound{.answer = SubscriptionStanza::subscribed};
            return {.deliver = !std::exchange(state.pending_in, true)};
        case SubscriptionStanza::unsubscribe: {  // §A.3.2, §3.3.3
            const bool had = std::exchange(state.from, false);
            const bool asked = std::exchange(state.pending_in, false);
            return {.deliver = had || asked, .withdraw_presence = had};
        }
        case SubscriptionStanza::subscribed:  // §A.3.3: without a request of ours it is ignored
            if (!state.asked) return {};
            state.asked = false;
            state.to = true;
            return {.deliver = true};
        case SubscriptionStanza::unsubscribed: {  // §A.3.4
            const bool had = std::exchange(state.to, false);
            const bool asked = std::exchange(state.asked, false);
            return {.deliver = had || asked};
        }
    }
    std::unreachable();
}

}  // namespace chancery
