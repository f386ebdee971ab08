#include "components/delegation.h"

#include <algorithm>

#include "core/privileged.h"

namespace chancery::components {
namespace {

constexpr std::string_view ns_forward = "urn:xmpp:forward:0";

/// Who answers for a namespace, where requests have these attributes.
struct Delegate {
    Jid component;
    Rights::Attributes attributes;
};
struct Delegates {
    std::map<std::string, Delegate, std::less<>> by_namespace;
};

std::string forwarded(const Iq& iq) {
    std::string xml = "<delegation xmlns='urn:xmpp:delegation:2'><forwarded xmlns='urn:xmpp:forward:0'><iq xmlns='jabber:client'";
    xml::append_attribute(xml, "type", iq.is_set ? "set" : "get");
    xml::append_attribute(xml, "id", iq.id);
    xml::append_attribute(xml, "from", iq.from.text());
    xml::append_attribute(xml, "to", iq.to.text());
    return xml + ">" + iq.payload.to_string(ns::client) + "</iq></forwarded></delegation>";
}

/// The answer that the component gives in its answer; nothing when it is none to this request (§4.3).
std::optional<std::string> answer_in(const Iq& iq, const Answer& answered) {
    if (!answered || !*answered) return std::nullopt;
    const auto* forward = (*answered)->is({"delegation", ns_delegation}) ? (*answered)->child({"forwarded", ns_forward}) : nullptr;
    const auto* inner = forward ? forward->child({"iq", ns::client}) : nullptr;
    if (!inner || inner->attribute("type") != "result" || inner->attribute("id") != iq.id || inner->attribute("to") != iq.from.text())
        return std::nullopt;
    const auto from = inner->attribute("from");
    if (!from.empty() && from != iq.to.text()) return std::nullopt;
    return inner->children().empty() ? std::string() : inner->children().front().to_string(ns::client);
}

/// What a component reads is on record before it does.
Task<Reply> pass_on(Host& host, const Iq& iq) {
    const auto component = host.kept<Delegates>().by_namespace.at(iq.payload.ns()).component;
    auto question = forwarded(iq);
    bool is_recorded = false;
    try {
        const Recorder::Draft draft{.kind = journal::Kind::iq, .record = {.from = iq.from.text(), .to = component.text(), .stanza = question}};
        co_await host.recorder().record(draft);
        is_recorded = true;
    } catch (const NotRecorded& failure) {
        log::error("delegation.not_recorded", {{"cause", failure.what()}});
    }
    if (!is_recorded) co_return refuse(Condition::resource_constraint, "Not done: the archive is not available");
    auto requested = host.request(host.domain_jid(), component, true, std::move(question));
    const auto answered = co_await requested;
    auto answer = answer_in(iq, answered);
    if (!answer) co_return refuse(Condition::service_unavailable);
    co_return std::move(*answer);
}

}  // namespace

AllRights rights_in(const Config& config, const std::map<std::string, std::string>& setting) {
    AllRights all;
    for (const auto& [domain, words] : setting) {
        if (!config.components.contains(domain)) throw ConfigError("setting component.rights: " + domain + " is no component");
        auto rights = Rights::parse(words);
        if (!rights) throw ConfigError("setting component.rights." + domain + ": \"" + rights.error() + "\" is no right");
        all.emplace(domain, std::move(*rights));
    }
    return all;
}

void install_delegations(Host& host, const AllRights& rights) {
    auto delegates = std::make_shared<Delegates>();
    for (const auto& [domain, component] : rights)
        for (const auto& [ns, attributes] : component.delegated) {
            if (!delegates->by_namespace.emplace(ns, Delegate{*Jid::parse(domain), attributes}).second)
                throw ConfigError("setting component.rights: " + ns + " is delegated to two components");
            host.delegate(ns, pass_on);
        }
    if (!delegates->by_namespace.empty()) host.advertise(At::server, ns_delegation);
    // §4.3: not what the component itself asks, nor what lacks an attribute.
    host.kept<Privileged>().takes = [delegates](const Iq& iq) {
        const auto& delegate = delegates->by_namespace.at(iq.payload.ns());
        const auto has = [&](const std::string& name) { return iq.payload.has_attribute(name); };
        return iq.from.domain() != delegate.component.domain() && std::ranges::all_of(delegate.attributes, has);
    };
    host.keep(std::move(delegates));
}

}  // namespace chancery::components
