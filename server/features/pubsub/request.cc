#include "features/pubsub/request.h"

#include <array>

namespace chancery::pubsub {
namespace {

constexpr std::size_t most_name_bytes = 1'023;

struct Verb {
    std::string_view name, ns;
    bool is_set;
    Handler handler;
};

constexpr std::array verbs{
    Verb{"publish", ns_pubsub, true, publish},
    Verb{"retract", ns_pubsub, true, retract},
    Verb{"items", ns_pubsub, false, get_items},
    Verb{"create", ns_pubsub, true, create},
    Verb{"subscribe", ns_pubsub, true, subscribe},
    Verb{"unsubscribe", ns_pubsub, true, unsubscribe},
    Verb{"subscriptions", ns_pubsub, false, own_subscriptions},
    Verb{"affiliations", ns_pubsub, false, own_affiliations},
    Verb{"configure", ns_owner, false, get_settings},
    Verb{"configure", ns_owner, true, set_settings},
    Verb{"default", ns_owner, false, get_defaults},
    Verb{"delete", ns_owner, true, remove},
    Verb{"purge", ns_owner, true, purge},
    Verb{"subscriptions", ns_owner, false, get_subscriptions},
    Verb{"subscriptions", ns_owner, true, set_subscriptions},
    Verb{"affiliations", ns_owner, false, get_affiliations},
    Verb{"affiliations", ns_owner, true, set_affiliations},
};

/// What XEP-0060 has and we have not, by the element that asks for it (§6.3, §5.6, §6.4).
std::string_view unsupported(std::string_view name) {
    if (name == "options" || name == "default") return "subscription-options";
    if (name == "redirect") return "collections";
    return {};
}

Task<Reply> serve(Request& request) {
    const auto& iq = request.iq();
    for (const auto& child : iq.payload.children())
        for (const auto& verb : verbs)
            if (verb.is_set == iq.is_set && child.is({verb.name, verb.ns})) co_return co_await verb.handler(request, child);
    for (const auto& child : iq.payload.children())
        if (const auto feature = unsupported(child.name()); !feature.empty())
            co_return std::unexpected(detailed(Condition::feature_not_implemented, "unsupported", {}, feature));
    co_return refuse(Condition::bad_request, "There is nothing in this request that nodes can do.");
}

Task<> serve_at_home(Host& host, const Iq& iq, Reply& reply) {
    Request request(host, iq);
    std::optional<Engine::Turn> turn;
    if (iq.is_set) turn.emplace(co_await request.engine().turn(request.owner()));
    reply = co_await serve(request);
    if (iq.is_set && !reply) co_await request.refused(reply.error());
}

}  // namespace

Task<Reply> answer(Host& host, const Iq& iq) {
    Reply reply;
    auto& there = host.home_of(iq.to);
    auto served = serve_at_home(host, iq, reply);
    co_await host.visit(there, std::move(served));
    co_return reply;
}

Task<Result<Node, StanzaError>> Request::node(std::string name) {
    auto found = co_await store().node(owner_, name);
    if (found) co_return std::move(*found);
    // Who does not see the person's presence learns no more than of an account that does not exist.
    const auto standing = co_await engine().standing(owner_, from());
    if (engine().is_personal(owner_) && !standing.sees_presence) co_return refuse(Condition::service_unavailable);
    co_return refuse(Condition::item_not_found, "There is no such node.");
}

Task<Result<Node, StanzaError>> Request::owned_node(std::string name) {
    auto found = co_await node(std::move(name));
    if (found && found->affiliation_of(from()) != Affiliation::owner) co_return refuse(Condition::forbidden, "The node is somebody else's.");
    co_return found;
}

Task<Result<void, StanzaError>> Request::may_read(Node node) {
    const auto standing = co_await engine().standing(owner_, from());
    co_return pubsub::may_read(node, from(), standing);
}

namespace {

std::string stanza_of(const Iq& iq) {
    std::string xml = "<iq type='set'";
    xml::append_attribute(xml, "from", iq.from.text());
    xml::append_attribute(xml, "to", iq.to.text());
    xml::append_attribute(xml, "id", iq.id);
    return xml + ">" + iq.payload.to_string(ns::client) + "</iq>";
}

}  // namespace

Task<> Request::allow() {
    const auto stanza = stanza_of(iq_);
    const Recorder::Draft draft{.kind = journal::Kind::iq, .record = {.from = from().text(), .to = owner_.text(), .stanza = stanza}};
    co_await host_.recorder().record(draft);
    on_record_ = true;
}

Task<> Request::refused(StanzaError error) {
    if (on_record_) co_return;
    const auto stanza = stanza_of(iq_);
    const auto reason = error.text.empty() ? std::string(chancery::name_of(error.condition)) : error.text;
    const Recorder::Draft draft{.kind = journal::Kind::iq,
                                .flags = journal::flag::refused,
                                .record = {.from = from().text(), .to = owner_.text(), .rule = rule_, .reason = reason, .stanza = stanza}};
    co_await host_.recorder().record(draft);
    ++host_.messages_refused;
    on_record_ = true;
}

Result<std::string, StanzaError> node_name(const xml::Element& element) {
    const auto name = element.attribute("node");
    if (name.empty()) return std::unexpected(detailed(Condition::bad_request, "nodeid-required"));
    if (name.size() > most_name_bytes) return refuse(Condition::not_acceptable, "The name of a node may have 1,023 bytes.");
    return std::string(name);
}

}  // namespace chancery::pubsub
