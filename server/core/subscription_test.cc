#include "core/subscription.h"

#include <doctest/doctest.h>

using namespace chancery;
using enum chancery::SubscriptionStanza;

namespace {

/// The nine states of RFC 6121 §A.1 by their names there.
constexpr Subscription none{}, none_out{.asked = true}, none_in{.pending_in = true}, none_both{.asked = true, .pending_in = true},
    to{.to = true}, to_in{.to = true, .pending_in = true}, from{.from = true}, from_out{.from = true, .asked = true},
    both{.to = true, .from = true};

struct Row {
    Subscription before;
    bool acted;  // routed or delivered
    Subscription after;
};

void check_send(SubscriptionStanza stanza, std::initializer_list<Row> rows) {
    for (const auto& row : rows) {
        auto state = row.before;
        CHECK(send(state, stanza).route == row.acted);
        CHECK(state == row.after);
    }
}

void check_receive(SubscriptionStanza stanza, std::initializer_list<Row> rows) {
    for (const auto& row : rows) {
        auto state = row.before;
        CHECK(receive(state, stanza).deliver == row.acted);
        CHECK(state == row.after);
    }
}

}  // namespace

TEST_CASE("OutboundStanzasMoveTheStatesAsAppendixA2Says") {
    check_send(subscribe, {{none, true, none_out}, {none_out, true, none_out}, {none_in, true, none_both},
                           {none_both, true, none_both}, {to, true, to}, {to_in, true, to_in},
                           {from, true, from_out}, {from_out, true, from_out}, {both, true, both}});
    check_send(unsubscribe, {{none, true, none}, {none_out, true, none}, {none_in, true, none_in},
                             {none_both, true, none_in}, {to, true, none}, {to_in, true, none_in},
                             {from, true, from}, {from_out, true, from}, {both, true, from}});
    check_send(subscribed, {{none_in, true, from}, {none_both, true, from_out}, {to_in, true, both},
                            {from, false, from}, {from_out, false, from_out}, {both, false, both}});
    check_send(unsubscribed, {{none, false, none}, {none_out, false, none_out}, {none_in, true, none},
                              {none_both, true, none_out}, {to, false, to}, {to_in, true, to},
                              {from, true, none}, {from_out, true, none_out}, {both, true, to}});
}

TEST_CASE("InboundStanzasMoveTheStatesAsAppendixA3Says") {
    check_receive(subscribe, {{none, true, none_in}, {none_out, true, none_both}, {none_in, false, none_in},
                              {none_both, false, none_both}, {to, true, to_in}, {to_in, false, to_in},
                              {from, false, from}, {from_out, false, from_out}, {both, false, both}});
    check_receive(unsubscribe, {{none, false, none}, {none_out, false, none_out}, {none_in, true, none},
                                {none_both, true, none_out}, {to, false, to}, {to_in, true, to},
                                {from, true, none}, {from_out, true, none_out}, {both, true, to}});
    check_receive(subscribed, {{none, false, none}, {none_out, true, to}, {none_in, false, none_in},
                               {none_both, true, to_in}, {to, false, to}, {from, false, from},
                               {from_out, true, both}, {both, false, both}});
    check_receive(unsubscribed, {{none, false, none}, {none_out, true, none}, {none_both, true, none_in},
                                 {to, true, none}, {to_in, true, none_in}, {from_out, true, from}, {both, true, from}});
}

TEST_CASE("ARequestFromAContactWhoIsSubscribedOrPreApprovedIsAnsweredByTheServer") {
    auto state = from;
    CHECK(receive(state, subscribe).answer == subscribed);
    state = none;
    CHECK_FALSE(send(state, subscribed).route);
    CHECK(state.approved);
    CHECK(receive(state, subscribe).answer == subscribed);
    CHECK(state.from);
}
