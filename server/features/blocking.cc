// XEP-0191: Blocking Command. What it forbids is decided in policy/ and on the roads of presence and iq; this file keeps
// the list, tells the person's other clients, and hides or shows presence when the list changes.

#include "features/blocking_report.h"
#include "features/features.h"

namespace chancery {
namespace {

constexpr std::string_view ns_blocking = "urn:xmpp:blocking";
constexpr xml::Tag list_tag{"blocklist", ns_blocking}, block_tag{"block", ns_blocking}, unblock_tag{"unblock", ns_blocking},
    item_tag{"item", ns_blocking};
constexpr std::size_t most_blocked = 10'000;

std::string element_with(xml::Tag tag, const std::set<Jid>& peers) {
    xml::Element element(tag);
    for (const auto& peer : peers) element.add(xml::Element(item_tag).set("jid", peer.text()));
    return element.to_string(ns::client);
}

Result<std::set<Jid>, StanzaError> peers_of(const Iq& iq) {
    std::set<Jid> peers;
    for (const auto& child : iq.payload.children()) {
        if (!child.is(item_tag)) continue;
        auto jid = Jid::parse(child.attribute("jid"));
        if (!jid) return refuse(Condition::jid_malformed, "An item's JID is not valid.");
        peers.insert(std::move(*jid));
    }
    return peers;
}

void push(Host& host, const Iq& iq, const std::string& change) {
    auto& owner = host.home_of(iq.from).user(iq.from);
    for (const auto& session : owner.sessions)
        if (session->wants_block_pushes)
            session->send("<iq type='set' id='block" + std::to_string(session->id()) + "' to='" +
                          xml::escape(session->jid().text(), xml::Place::attribute) + "'>" + change + "</iq>");
}

Task<Reply> get(Host& host, const Iq& iq) {
    if (auto* session = host.home_of(iq.from).find(iq.session)) session->wants_block_pushes = true;
    co_return element_with(list_tag, host.block_lists().of(iq.from.bare()));
}

/// XEP-0377. Those of valid items.
Result<std::vector<Report>, StanzaError> reports_of(const Iq& iq) {
    std::vector<Report> reports;
    for (const auto& child : iq.payload.children()) {
        const auto against = Jid::parse(child.attribute("jid"));
        if (!child.is(item_tag) || !against) continue;
        auto report = report_in(child, *against);
        if (!report) return std::unexpected(report.error());
        if (*report) reports.push_back(std::move(**report));
    }
    return reports;
}

Task<Reply> block(Host& host, const Iq& iq) {
    const auto peers = peers_of(iq);
    if (!peers) co_return std::unexpected(peers.error());
    auto reports = reports_of(iq);
    if (!reports) co_return std::unexpected(reports.error());
    if (peers->empty()) co_return refuse(Condition::bad_request, "There is nobody to block.");
    if (host.block_lists().of(iq.from.bare()).size() + peers->size() > most_blocked)
        co_return refuse(Condition::resource_constraint, "The list is full.");
    for (auto& report : *reports) co_await take_report(host, iq.from, std::move(report));
    const auto owner = iq.from.bare();
    host.home_of(owner).hide_presence(owner, *peers);  // §3.3: the blocked contact sees the person leave
    co_await host.block_lists().block(owner, *peers);
    push(host, iq, element_with(block_tag, *peers));
    co_return std::string();
}

Task<Reply> unblock(Host& host, const Iq& iq) {
    const auto peers = peers_of(iq);
    if (!peers) co_return std::unexpected(peers.error());
    const auto owner = iq.from.bare();
    const auto freed = peers->empty() ? host.block_lists().of(owner) : *peers;
    co_await host.block_lists().unblock(owner, *peers);
    host.home_of(owner).show_presence(owner, freed);  // §3.4
    push(host, iq, element_with(unblock_tag, *peers));
    co_return std::string();
}

}  // namespace

const Feature blocking{
    .name = "blocking",
    .spec = "XEP-0191 1.3, XEP-0377 0.4.1",
    .disco = {ns_blocking, ns_reporting},
    .account_disco = {ns_blocking},
    .install = [](Host& host) {
        host.on_get(At::own, list_tag, get);
        host.on_set(At::own, block_tag, block);
        host.on_set(At::own, unblock_tag, unblock);
    },
};

}  // namespace chancery
