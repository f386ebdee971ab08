// RFC 6121 §2: Managing the Roster, with XEP-0237 (roster versioning, now §2.6). Subscriptions are in core/.

#include <charconv>
#include <set>

#include "features/features.h"

namespace chancery {
namespace {

constexpr xml::Tag query{"query", ns::roster}, item_tag{"item", ns::roster}, group_tag{"group", ns::roster};
constexpr std::size_t text_limit_bytes = 1023;  // of a contact's or a group's name

std::string with_version(std::int64_t version, const std::string& items) {
    return "<query xmlns='jabber:iq:roster' ver='" + std::to_string(version) + "'>" + items + "</query>";
}

std::optional<std::int64_t> version_of(std::string_view text) {
    std::int64_t version = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), version);
    if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
    return version;
}

/// What changed since the client's version, oldest first, as pushes (RFC 6121 §2.6.3).
void push_changes(Session& session, const Roster& roster, std::int64_t known) {
    std::map<std::int64_t, std::string> changes;
    for (const auto& [jid, contact] : roster.contacts)
        if (contact.listed && contact.version > known) changes[contact.version] = contact.to_xml(jid);
    for (const auto& [jid, version] : roster.removed)
        if (version > known)
            changes[version] = "<item jid='" + xml::escape(jid.text(), xml::Place::attribute) + "' subscription='remove'/>";
    for (const auto& [version, item] : changes)
        session.send("<iq type='set' id='push" + std::to_string(version) + "' to='" +
                     xml::escape(session.jid().text(), xml::Place::attribute) + "'>" + with_version(version, item) + "</iq>");
}

Task<Reply> get(Host& host, const Iq& iq) {
    if (!iq.payload.children().empty()) co_return refuse(Condition::bad_request, "A roster get has no items.");
    auto& home = host.home_of(iq.from);
    auto& owner = home.user(iq.from);
    const auto guard = co_await home.lock_roster(owner);
    auto* session = home.find(iq.session);
    if (!session && iq.session) co_return std::string();
    if (session) session->interested = true;  // none: somebody asks who may (XEP-0356)
    const auto& roster = *owner.roster;

    const auto known = session && iq.payload.has_attribute("ver") ? version_of(iq.payload.attribute("ver")) : std::nullopt;
    if (known && *known > 0 && *known >= roster.oldest_known() && *known <= roster.version) {
        // The empty result goes out first, the pushes after it.
        home.shard().post([&home, &owner, id = iq.session, known = *known] {
            auto* still_there = home.find(id);
            if (still_there && owner.roster) push_changes(*still_there, *owner.roster, known);
        });
        co_return std::string();
    }
    std::string items;
    for (const auto& [jid, contact] : roster.contacts)
        if (contact.listed) items += contact.to_xml(jid);
    co_return with_version(roster.version, items);
}

Task<Reply> set(Host& host, const Iq& iq) {
    if (iq.to.bare_text() != iq.from.bare_text())  // RFC 6121 §2.3.3
        co_return refuse(Condition::forbidden, "That is somebody else's list.");
    if (iq.payload.children().size() != 1 || !iq.payload.children().front().is(item_tag))
        co_return refuse(Condition::bad_request, "A roster set has exactly one item.");
    const auto& item = iq.payload.children().front();
    const auto contact = Jid::parse(item.attribute("jid"));
    if (!contact) co_return refuse(Condition::bad_request, "The item needs a valid JID.");
    if (item.attribute("name").size() > text_limit_bytes)
        co_return refuse(Condition::not_acceptable, "The name is longer than 1023 bytes.");

    auto& home = host.home_of(iq.from);
    auto& owner = home.user(iq.from);
    if (item.attribute("subscription") == "remove") {
        if (!co_await home.remove_roster_item(owner, *contact))
            co_return refuse(Condition::item_not_found, "That contact is not on your list.");
        co_return std::string();
    }
    std::vector<std::string> groups;
    std::set<std::string> seen;
    for (const auto& child : item.children()) {
        if (!child.is(group_tag)) continue;
        if (child.text().empty()) co_return refuse(Condition::not_acceptable, "A group needs a name.");
        if (child.text().size() > text_limit_bytes)
            co_return refuse(Condition::not_acceptable, "The group's name is longer than 1023 bytes.");
        if (!seen.insert(child.text()).second) co_return refuse(Condition::bad_request, "A group is named twice.");
        groups.push_back(child.text());
    }
    {
        const auto guard = co_await home.lock_roster(owner);
        const bool is_new = !owner.roster->contacts.contains(*contact);
        if (is_new && owner.roster->contacts.size() >= static_cast<std::size_t>(host.config().limits.roster_items))
            co_return refuse(Condition::resource_constraint, "Your list is full.");
    }
    std::string name(item.attribute("name"));
    co_await home.change_roster_item(owner, *contact, std::move(name), std::move(groups));
    co_return std::string();
}

}  // namespace

const Feature roster{
    .name = "roster",
    .spec = "RFC 6121 §2, XEP-0237 1.3",
    .disco = {ns::roster},
    .install = [](Host& host) {
        host.offer("<ver xmlns='urn:xmpp:features:rosterver'/><sub xmlns='urn:xmpp:features:pre-approval'/>");
        host.on_get(At::own, query, get);
        host.on_set(At::own | At::other | At::nobody, query, set);
    },
};

}  // namespace chancery
