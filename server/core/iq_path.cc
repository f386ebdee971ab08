// The life of a request (RFC 6120 §8.2.3): to the server or an account it is answered here, to a client it is passed on.

#include "core/host.h"
#include "core/privileged.h"
#include "core/stanza_in.h"

namespace chancery {
namespace {

constexpr xml::Tag activity{"query", "jabber:iq:last"};

}  // namespace

Task<> Host::handle_iq(SessionId sender, StanzaIn stanza) {
    const bool is_request = stanza.type == "get" || stanza.type == "set";
    const bool is_answer = stanza.type == "result" || stanza.type == "error";
    const auto own = stanza.from.bare();
    const auto& to = stanza.to ? *stanza.to : own;

    std::optional<StanzaError> refused;
    if (!is_request && !is_answer) refused = {Condition::bad_request, "The type of an iq must be get, set, result or error."};
    else if (stanza.id.empty()) refused = {Condition::bad_request, "An iq must have an id."};
    else if (is_request && stanza.payload_count != 1)
        refused = {Condition::bad_request, "A request must have exactly one child element."};
    else if (block_lists_.has_blocked(stanza.from, to)) {  // XEP-0191 §3.3
        if (is_request) refused = blocked_by_sender();
    } else if (auto* service = service_at(to)) {
        co_await at_service(*service, std::move(stanza));
        co_return;
    } else if (!is_local(to)) {
        if (way_to(to)) {
            co_await relay_iq(std::move(stanza));
            co_return;
        }
        if (is_request)
            refused = {Condition::remote_server_not_found, "This server does not exchange stanzas with that domain."};
    } else if (to.is_full() && !to.local().empty()) {
        co_await relay_iq(std::move(stanza));
        co_return;
    }
    if (!refused && is_answer) co_return take_answer(stanza);
    if (refused) co_return reply(stanza, std::unexpected(std::move(*refused)));
    auto payload = std::move(*stanza.payload);
    const Iq iq{.from = stanza.from, .to = to, .is_set = stanza.type == "set", .id = stanza.id,
                .payload = std::move(payload), .session = sender};
    const auto answered = co_await answer(iq);
    reply(stanza, answered);
}

Task<Reply> Host::answer(const Iq& iq) {
    const At at = iq.to.local().empty()                       ? At::server
                  : iq.to.bare_text() == iq.from.bare_text() ? At::own
                  : is_account(iq.to)                        ? At::other
                                                             : At::nobody;
    const auto& handlers = iq.is_set ? sets_ : gets_;
    const auto by_name = handlers.find(iq.payload.name());
    const Handler* handler = nullptr;
    if (by_name != handlers.end()) {
        const auto by_ns = by_name->second.find(iq.payload.ns());
        if (by_ns != by_name->second.end() && has(by_ns->second.at, at)) handler = &by_ns->second;
    }
    // RFC 6121 §8.5.1: the same answer for an account that does not exist, for one that blocks, and for what nobody serves.
    const bool hidden = at == At::other && block_lists_.has_blocked(iq.to, iq.from);
    const bool is_in_anothers_name = at == At::own && iq.session == 0;  // XEP-0356: not to be asked of who asks
    const auto delegated = at == At::nobody || is_in_anothers_name ? delegated_.end() : delegated_.find(iq.payload.ns());
    const bool is_delegated = delegated != delegated_.end() && kept<Privileged>().takes(iq);
    const auto answer = is_delegated ? delegated->second : handler ? handler->answer : nullptr;
    if (!answer || hidden) co_return refuse(Condition::service_unavailable);
    try {
        co_return co_await answer(*this, iq);
    } catch (const std::exception& failure) {
        log::error("iq.failed", {{"payload", iq.payload.name()}, {"ns", iq.payload.ns()}, {"cause", failure.what()}});
    }
    co_return refuse(Condition::internal_server_error, "The server could not do that now. Try again later.");
}

/// RFC 6121 §8.5.3: to the client with that very address, here or elsewhere. What clients say to each other is on record
/// like any word.
Task<> Host::relay_iq(StanzaIn stanza) {
    const auto to = *stanza.to;
    const bool is_request = stanza.type == "get" || stanza.type == "set";
    const bool leaves = !is_local(to);
    if (!leaves && (!is_account(to) || block_lists_.has_blocked(to, stanza.from))) {
        if (is_request) send_error(stanza.from, "iq", to, stanza.id, {Condition::service_unavailable, {}});
        co_return;
    }
    const policy::Facts facts{.file_streams_allowed = config().policy.file_streams};
    auto decision = is_request ? policy::decide_request(*stanza.payload, facts) : policy::Decision::allow();
    // XEP-0012 §4: a client is asked how long it is idle by those who see the person's presence.
    const bool is_about_presence = is_request && !leaves && stanza.payload->is(activity) && stanza.from.bare_text() != to.bare_text();
    if (is_about_presence && !co_await may_see(stanza.from, to))
        decision = {"presence-seen", {Condition::forbidden, "You may not see when this person was here."}};
    const Recorder::Draft draft{.kind = journal::Kind::iq,
                                .flags = decision.denied() ? journal::flag::refused : std::uint16_t{0},
                                .record = {.from = stanza.from.text(), .to = to.text(), .rule = decision.rule,
                                           .reason = decision.error.text, .stanza = stanza.xml}};
    co_await recorder().record(draft);
    if (decision.denied()) co_return send_error(stanza.from, "iq", to, stanza.id, decision.error);
    if (leaves) co_return send_to(to, std::move(stanza.xml));
    at_home(to, [to, is_request, from = stanza.from, id = stanza.id, xml = std::move(stanza.xml)](Home& home) {
        if (auto* session = home.find(to)) return session->send(xml);
        if (is_request)
            home.host().send_error(from, "iq", to, id, {Condition::service_unavailable, "That device is not signed in."});
    });
}

}  // namespace chancery
