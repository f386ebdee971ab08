// XEP-0357: Push Notifications. Tells an app server that something has come for a device that is away, and no more than
// that: not who wrote, not what.
//
// Operation. A device counts as away when none of its sessions has a connection with somebody looking at it (XEP-0198,
// XEP-0352). One notification at a time is on its way to a target; what comes meanwhile is said once, afterwards.
// Limits. `most_targets` for each person. A target that refuses, or is silent `most_failures` times, is given up.

#include <algorithm>

#include "base/crypto.h"
#include "features/features.h"
#include "xmpp/data_form.h"

namespace chancery {
namespace {

constexpr std::string_view ns_push = "urn:xmpp:push:0", publish_options = "http://jabber.org/protocol/pubsub#publish-options";
constexpr xml::Tag enable_tag{"enable", ns_push}, disable_tag{"disable", ns_push}, form_tag{"x", ns::data_forms};
constexpr std::size_t most_targets = 20, options_limit_bytes = 8 * 1024, node_limit_bytes = 1024;
constexpr int most_failures = 5;

std::string context(const Jid& owner) { return "push:" + owner.text(); }

PushTarget* find(User& person, const Jid& service, std::string_view node) {
    for (auto& target : person.push_targets)
        if (target.service == service && target.node == node) return &target;
    return nullptr;
}

bool is_attentive(const User& person, const PushTarget& target) {
    return std::ranges::any_of(person.sessions, [&](const auto& session) {
        const bool is_its = session->id() == target.session ||
                            (session->installation && !target.installation.empty() && session->installation->id == target.installation);
        return is_its && session->link() && !session->is_inactive();
    });
}

std::string notification(Host& host, const PushTarget& target) {
    std::string xml = "<pubsub xmlns='http://jabber.org/protocol/pubsub'><publish";
    if (!target.node.empty()) xml += " node='" + xml::escape(target.node, xml::Place::attribute) + "'";
    xml += "><item><notification xmlns='urn:xmpp:push:0'>";
    if (host.config().push.count)
        xml += DataForm("submit", "urn:xmpp:push:summary").add("message-count", std::to_string(target.waiting)).to_xml();
    xml += "</notification></item></publish>";
    if (!target.options.empty()) xml += "<publish-options>" + target.options + "</publish-options>";
    return xml + "</pubsub>";
}

/// Whether it is not worth trying again.
bool is_final(const StanzaError& error) {
    const bool may_pass = error.type == "wait" || error.condition == Condition::remote_server_timeout ||
                          error.condition == Condition::resource_constraint || error.condition == Condition::internal_server_error;
    return !may_pass;
}

Task<> forget(Host& host, Jid owner, Jid service, std::string node) {
    std::erase_if(host.home_of(owner).user(owner).push_targets,
                  [&](const PushTarget& target) { return target.service == service && target.node == node; });
    const auto work = [owner = owner.text(), service = service.text(), node](storage::Transaction& tx) {
        tx.run("DELETE FROM push_target WHERE owner = $1 AND service = $2 AND node = $3", owner, service, node);
    };
    co_await host.database().write(work);
}

Task<> notify(Host& host, Jid owner, Jid service, std::string node) {
    auto& person = host.home_of(owner).user(owner);
    while (auto* target = find(person, service, node)) {
        target->sending = true;
        target->again = false;
        auto payload = notification(host, *target);
        const auto answer = co_await host.request(host.domain_jid(), service, true, std::move(payload));
        target = find(person, service, node);
        if (!target) co_return;
        target->sending = false;
        target->failures = answer ? 0 : target->failures + 1;
        const bool is_over = !answer && (is_final(answer.error()) || target->failures >= most_failures);
        if (is_over) {
            log::info("push.given_up", {{"service", service.text()}, {"cause", name_of(answer.error().condition)}});
            co_await forget(host, owner, service, node);
            co_return;
        }
        if (!target->again) co_return;
    }
}

void on_delivered(Host& host, User& person, const Delivery& delivery) {
    if (!delivery.waits || person.push_targets.empty()) return;
    for (auto& target : person.push_targets) {
        if (is_attentive(person, target)) {
            target.waiting = 0;
            continue;
        }
        ++target.waiting;
        target.again = true;
    }
    for (std::size_t i = 0; i < person.push_targets.size(); ++i) {  // a task may end at once and take its target away
        const auto& target = person.push_targets[i];
        if (target.again && !target.sending)
            person.home().tasks().spawn(notify(host, person.jid(), target.service, target.node));
    }
}

/// The service that is meant, or why notifications cannot go there.
Result<Jid, StanzaError> service_of(Host& host, const Iq& iq) {
    if (iq.payload.attribute("jid").empty()) return refuse(Condition::bad_request, "The service is not named.");
    auto service = Jid::parse(iq.payload.attribute("jid"));
    if (!service) return refuse(Condition::jid_malformed, "The service's address is not a valid JID.");
    if (iq.payload.attribute("node").size() > node_limit_bytes) return refuse(Condition::not_acceptable, "The node is too long.");
    const bool is_client = host.is_account(*service) && service->is_full();
    if (iq.payload.is(enable_tag) && !is_client && !host.way_to(*service))
        return refuse(Condition::remote_server_not_found, "There is no way from here to that service.");
    return std::move(*service);
}

Result<std::string, StanzaError> options_of(const Iq& iq) {
    const auto* form = iq.payload.child(form_tag);
    if (!form) return std::string();
    if (DataForm(*form).form_type() != publish_options) return refuse(Condition::bad_request, "The form is of another type.");
    auto xml = form->to_string();
    if (xml.size() > options_limit_bytes) return refuse(Condition::not_acceptable, "The options are too long.");
    return xml;
}

Task<Reply> enable(Host& host, const Iq& iq) {
    const auto service = service_of(host, iq);
    if (!service) co_return std::unexpected(service.error());
    const auto options = options_of(iq);
    if (!options) co_return std::unexpected(options.error());
    const auto owner = iq.from.bare();
    auto& person = host.home_of(owner).user(owner);
    PushTarget target{.service = *service, .node = std::string(iq.payload.attribute("node")), .options = *options,
                      .installation = {}, .session = iq.session};
    const auto* session = host.home_of(owner).find(iq.session);
    if (session && session->installation) target.installation = session->installation->id;
    if (!find(person, target.service, target.node) && person.push_targets.size() >= most_targets)
        co_return refuse(Condition::resource_constraint, "Too many devices are notified already.");

    std::string details = target.installation + "\n" + target.options;
    const storage::Blob sealed{seal(host.state_key(), context(owner), details)};
    const auto work = [owner = owner.text(), service = service->text(), node = target.node, sealed](storage::Transaction& tx) {
        tx.run("INSERT INTO push_target (owner, service, node, details) VALUES ($1, $2, $3, $4) "
               "ON CONFLICT (owner, service, node) DO UPDATE SET details = $4", owner, service, node, sealed);
    };
    co_await host.database().write(work);
    if (auto* known = find(person, target.service, target.node)) {
        target.sending = known->sending;
        *known = std::move(target);
    } else {
        person.push_targets.push_back(std::move(target));
    }
    co_return std::string();
}

Task<Reply> disable(Host& host, const Iq& iq) {
    const auto service = service_of(host, iq);
    if (!service) co_return std::unexpected(service.error());
    const auto owner = iq.from.bare();
    std::vector<std::string> nodes;
    for (const auto& target : host.home_of(owner).user(owner).push_targets)
        if (target.service == *service && (!iq.payload.has_attribute("node") || target.node == iq.payload.attribute("node")))
            nodes.push_back(target.node);
    if (nodes.empty()) co_return refuse(Condition::item_not_found, "Nothing is enabled there.");
    for (const auto& node : nodes) co_await forget(host, owner, *service, node);
    co_return std::string();
}

/// At start-up, before the shards run.
void load(Host& host) {
    const auto work = [](storage::Snapshot& snapshot) {
        return snapshot.rows<std::string, std::string, std::string, storage::Blob>(
            "SELECT owner, service, node, details FROM push_target");
    };
    for (const auto& [address, service_text, node, sealed] : host.database().read_now(work)) {
        const auto owner = Jid::parse(address), service = Jid::parse(service_text);
        if (!owner || !service || !host.is_account(*owner)) continue;
        const auto details = unseal(host.state_key(), context(*owner), sealed.bytes);
        if (!details) continue;
        const auto end = std::min(details->find('\n'), details->size());
        host.home_of(*owner).user(*owner).push_targets.push_back(
            {.service = *service, .node = node, .options = details->substr(std::min(end + 1, details->size())),
             .installation = details->substr(0, end)});
    }
}

}  // namespace

const Feature push{
    .name = "push",
    .spec = "XEP-0357 0.4.1",
    .disco = {},
    .account_disco = {ns_push},
    .install = [](Host& host) {
        load(host);
        host.on_delivered(on_delivered);
        host.on_set(At::own, enable_tag, enable);
        host.on_set(At::own, disable_tag, disable);
    },
};

}  // namespace chancery
