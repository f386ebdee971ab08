#include "features/pubsub/node.h"

#include <algorithm>
#include <utility>

namespace chancery::pubsub {
namespace {

constexpr std::pair<std::string_view, Affiliation> affiliations[] = {{"none", Affiliation::none},
                                                                     {"outcast", Affiliation::outcast},
                                                                     {"member", Affiliation::member},
                                                                     {"publisher", Affiliation::publisher},
                                                                     {"owner", Affiliation::owner}};

}  // namespace

std::string_view name_of(Affiliation affiliation) {
    for (const auto& [name, each] : affiliations)
        if (each == affiliation) return name;
    std::unreachable();
}

std::optional<Affiliation> affiliation_named(std::string_view name) {
    for (const auto& [each, affiliation] : affiliations)
        if (each == name) return affiliation;
    return std::nullopt;
}

Affiliation Node::affiliation_of(const Jid& who) const {
    if (who.bare_text() == owner.text()) return Affiliation::owner;
    const auto found = affiliations.find(who.bare());
    return found == affiliations.end() ? Affiliation::none : found->second;
}

bool Node::is_subscribed(const Jid& who) const { return subscriptions.contains(who) || subscriptions.contains(who.bare()); }

bool Node::has_asked(const Jid& who) const { return pending.contains(who) || pending.contains(who.bare()); }

Result<void, StanzaError> may_read(const Node& node, const Jid& who, const Standing& standing) {
    const auto affiliation = node.affiliation_of(who);
    if (affiliation == Affiliation::outcast) return refuse(Condition::forbidden, "You may not read that node.");
    if (affiliation != Affiliation::none) return {};
    const auto is_allowed = [&](const std::string& group) { return std::ranges::find(standing.groups, group) != standing.groups.end(); };
    switch (node.settings.access) {
        case Access::open: return {};
        case Access::presence:
            if (standing.sees_presence) return {};
            return std::unexpected(detailed(Condition::not_authorized, "presence-subscription-required"));
        case Access::roster:
            if (standing.sees_presence && std::ranges::any_of(node.settings.groups, is_allowed)) return {};
            return std::unexpected(detailed(Condition::not_authorized, "not-in-roster-group"));
        case Access::authorize:
            if (node.is_subscribed(who)) return {};
            return std::unexpected(detailed(Condition::not_authorized, node.has_asked(who) ? "pending-subscription" : "not-subscribed"));
        case Access::whitelist: return std::unexpected(detailed(Condition::not_allowed, "closed-node"));
    }
    std::unreachable();
}

Result<void, StanzaError> may_publish(const Node& node, const Jid& who) {
    const auto affiliation = node.affiliation_of(who);
    if (affiliation >= Affiliation::publisher) return {};
    const auto model = node.settings.publish_model;
    if (affiliation != Affiliation::outcast &&
        (model == PublishModel::open || (model == PublishModel::subscribers && node.is_subscribed(who))))
        return {};
    return refuse(Condition::forbidden, "You may not publish at that node.");
}

}  // namespace chancery::pubsub
