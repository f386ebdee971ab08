// XEP-0494: Client Access Management. A person sees by which devices they are signed in or may sign in, and ends what
// they do not want.
//
// Devices that name themselves (XEP-0388) are remembered; of others only the sessions are known.

#include <algorithm>
#include <charconv>

#include "features/features.h"

namespace chancery {
namespace {

constexpr std::string_view ns_access = "urn:xmpp:cam:0", session_prefix = "session-";
constexpr xml::Tag list_tag{"list", ns_access}, revoke_tag{"revoke", ns_access}, client_tag{"client", ns_access};

/// What is shown of one device or of one session without.
struct Shown {
    std::string id, software, device;
    bool connected = false, has_password = false, has_token = false;
    Time first_seen, last_seen;
};

xml::Element text_element(std::string_view name, std::string_view text) { return xml::Element(name, ns_access).add_text(text); }

xml::Element describe(const Shown& shown) {
    xml::Element client(client_tag);
    client.set("connected", shown.connected ? "true" : "false").set("id", shown.id).set("type", "session");
    client.add(text_element("first-seen", to_iso(shown.first_seen))).add(text_element("last-seen", to_iso(shown.last_seen)));
    xml::Element auth("auth", ns_access);
    if (shown.has_password) auth.add(xml::Element("password", ns_access));
    if (shown.has_token) auth.add(xml::Element("fast", ns_access));
    client.add(std::move(auth));
    // A device with a token only cannot change the password (XEP-0077).
    client.add(xml::Element("permission", ns_access).set("status", shown.has_password ? "unrestricted" : "normal"));
    xml::Element agent("user-agent", ns_access);
    if (!shown.software.empty()) agent.add(text_element("software", shown.software));
    if (!shown.device.empty()) agent.add(text_element("device", shown.device));
    return client.add(std::move(agent));
}

Task<Reply> list(Host& host, const Iq& iq) {
    const auto devices = co_await host.devices().list(std::string(iq.from.local()));
    const auto& sessions = host.home_of(iq.from).user(iq.from).sessions;
    xml::Element clients("clients", ns_access);
    for (const auto& device : devices) {
        const auto is_its = [&](const auto& session) { return session->installation && session->installation->id == device.id; };
        clients.add(describe({.id = device.id, .software = device.software, .device = device.device,
                              .connected = std::ranges::any_of(sessions, is_its), .has_password = device.has_password,
                              .has_token = device.has_token, .first_seen = device.first_seen, .last_seen = device.last_seen}));
    }
    for (const auto& session : sessions)
        if (!session->installation)
            clients.add(describe({.id = std::string(session_prefix) + std::to_string(session->id()), .software = {}, .device = {},
                                  .connected = true, .has_password = true, .has_token = false,
                                  .first_seen = session->signed_in, .last_seen = host.now()}));
    co_return clients.to_string(ns::client);
}

std::unexpected<StanzaError> knows_the_password() {
    return std::unexpected(StanzaError{Condition::service_unavailable,
                                       "It is signed out, but whoever has it may know your password. Change the password to keep it out.",
                                       "cancel", "<password-reset-required xmlns='urn:xmpp:cam:0'/>"});
}

void end(Home& home, Session& session) {
    const auto id = session.id();
    if (auto* link = session.link()) link->end({"policy-violation", "This device was signed out by its owner."});
    home.close(id);
}

Task<Reply> revoke(Host& host, const Iq& iq) {
    const std::string id(iq.payload.attribute("id"));
    auto& home = host.home_of(iq.from);
    if (id.starts_with(session_prefix)) {
        for (const auto& session : home.user(iq.from).sessions)
            if (!session->installation && std::string(session_prefix) + std::to_string(session->id()) == id) {
                if (session->id() != iq.session) end(home, *session);
                co_return knows_the_password();
            }
        co_return refuse(Condition::item_not_found, "You have no such device.");
    }
    const auto device = co_await host.devices().revoke(std::string(iq.from.local()), id);
    if (!device) co_return refuse(Condition::item_not_found, "You have no such device.");
    home.end_sessions_of(home.user(iq.from), id, iq.session, {"policy-violation", "This device was signed out by its owner."});
    if (device->has_password) co_return knows_the_password();
    co_return std::string();
}

}  // namespace

const Feature client_access{
    .name = "client-access",
    .spec = "XEP-0494 0.1.0",
    .disco = {},
    .account_disco = {ns_access},
    .install = [](Host& host) {
        host.on_get(At::own, list_tag, list);
        host.on_set(At::own, revoke_tag, revoke);
    },
};

}  // namespace chancery
