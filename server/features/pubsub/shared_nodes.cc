// XEP-0060: nodes that are nobody's own, at a domain beside the server's (pubsub.service): for notices of an office, for
// instance. Who may make them is a setting; after that their owners say who reads and who publishes.

#include "features/features.h"
#include "features/pubsub/request.h"

namespace chancery {
namespace {

using namespace pubsub;

constexpr xml::Tag pubsub_tag{"pubsub", ns_pubsub}, owner_tag{"pubsub", ns_owner};
constexpr xml::Tag info{"query", "http://jabber.org/protocol/disco#info"}, items{"query", "http://jabber.org/protocol/disco#items"};

std::string description() {
    xml::Element query(info), identity("identity", info.ns);
    query.add(identity.set("category", "pubsub").set("type", "service").set("name", "Nodes for all"));
    std::vector<std::string_view> features{info.ns, items.ns, ns::rsm};
    features.insert(features.end(), features_of_all_nodes.begin(), features_of_all_nodes.end());
    for (const auto name : features) {
        xml::Element feature("feature", info.ns);
        query.add(feature.set("var", name));
    }
    return query.to_string(ns::client);
}

class SharedNodes final : public Service {
  public:
    explicit SharedNodes(Host& host) : host_(host) {}

    /// Nobody reads here but what an owner decides (§8.6).
    Task<> take_message(SessionId, std::shared_ptr<const Message> message) override {
        const auto approval = message->type != MessageType::error && message->to.local().empty() ? approval_in(message->xml) : std::nullopt;
        auto facts = host_.facts_about(*message);
        facts.recipient_exists = approval.has_value();
        Host::RecordedAs as{.to = message->to.text()};
        const auto receipt = co_await host_.judge_and_record(message, facts, std::move(as));
        if (!receipt || !approval) co_return;
        auto deciding = decide(host_, message->to.bare(), message->from, *approval);
        const auto decided = co_await deciding;
        if (!decided) host_.send_error(message->from, "message", message->to, message->id, decided.error());
    }

    /// Whoever subscribes is told whether they are there or not.
    Task<> take_presence(StanzaIn) override { co_return; }

    Task<> take_iq(StanzaIn stanza) override {
        if (stanza.type != "get" && stanza.type != "set") co_return;
        const Iq iq{.from = stanza.from, .to = *stanza.to, .is_set = stanza.type == "set", .id = stanza.id, .payload = *stanza.payload};
        Reply reply = refuse(Condition::internal_server_error, "The server could not do that now. Try again later.");
        try {
            reply = co_await served(iq);
        } catch (const std::exception& failure) {
            log::error("iq.failed", {{"payload", iq.payload.name()}, {"ns", iq.payload.ns()}, {"cause", failure.what()}});
        }
        host_.reply(stanza, reply);
    }

  private:
    Task<Reply> served(const Iq& iq) {
        if (!iq.to.local().empty()) co_return refuse(Condition::service_unavailable);
        const auto& payload = iq.payload;
        if (payload.is(pubsub_tag) || payload.is(owner_tag)) co_return co_await answer(host_, iq);
        const bool names_node = !payload.attribute("node").empty();
        if (!iq.is_set && payload.is(info) && !names_node) co_return description();
        if (!iq.is_set && payload.is(info)) co_return co_await describe_node(host_, iq);
        if (!iq.is_set && payload.is(items)) co_return co_await list_nodes(host_, iq);
        co_return refuse(Condition::service_unavailable);
    }

    Host& host_;
};

void install(Host& host) {
    const auto& settings = host.config().pubsub;
    if (settings.creators != "everybody" && settings.creators != "administrators" && settings.creators != "nobody")
        throw ConfigError("setting pubsub.creators: everybody, administrators or nobody is expected");
    if (settings.service.empty()) return;
    const auto domain = Jid::of({}, settings.service + "." + host.domain());
    if (!domain) throw ConfigError("setting pubsub.service: " + settings.service + " cannot stand before a domain");
    host.add_service(*domain, "Nodes for all", std::make_unique<SharedNodes>(host));
}

}  // namespace

const Feature shared_nodes{
    .name = "shared-nodes",
    .spec = "XEP-0060 1.30.0",
    .install = install,
};

}  // namespace chancery
