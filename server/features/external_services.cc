// XEP-0215: External Service Discovery: the STUN and TURN server of the settings, with credentials that end soon
// (draft-uberti-behave-turn-rest: the name is the moment of their end and the account, the password an HMAC of the name).

#include "base/bytes.h"
#include "base/crypto.h"
#include "features/features.h"

namespace chancery {
namespace {

constexpr std::string_view ns_services = "urn:xmpp:extdisco:2";
constexpr xml::Tag services_tag{"services", ns_services}, service_tag{"service", ns_services},
    credentials_tag{"credentials", ns_services};

struct Known {
    std::string_view type, transport;
    std::int64_t port;
    bool restricted;
};

std::vector<Known> known_services(const Config& config) {
    const auto& turn = config.turn;
    std::vector<Known> known;
    if (turn.host.empty()) return known;
    if (turn.port) known = {{"stun", "udp", turn.port, false}, {"turn", "udp", turn.port, true}, {"turn", "tcp", turn.port, true}};
    if (turn.tls_port) known.push_back({"turns", "tcp", turn.tls_port, true});
    if (turn.secret.empty()) std::erase_if(known, [](const Known& each) { return each.restricted; });
    return known;
}

xml::Element describe(Host& host, const Known& known, const Jid& person) {
    const auto& turn = host.config().turn;
    xml::Element service(service_tag);
    service.set("type", known.type).set("host", turn.host).set("port", std::to_string(known.port)).set("transport", known.transport);
    if (!known.restricted) return service;
    const auto end = std::chrono::floor<std::chrono::seconds>(host.now()) + std::chrono::seconds(turn.seconds);
    const auto name = std::to_string(end.time_since_epoch().count()) + ":" + std::string(person.local());
    service.set("restricted", "true").set("username", name).set("password", to_base64(hmac(Hash::sha1, turn.secret, name)));
    return service.set("expires", to_iso(end));
}

Task<Reply> list(Host& host, const Iq& iq) {
    const auto type = iq.payload.attribute("type");
    xml::Element services(services_tag);
    if (!type.empty()) services.set("type", type);
    for (const auto& known : known_services(host.config()))
        if (type.empty() || known.type == type) services.add(describe(host, known, iq.from));
    co_return services.to_string(ns::client);
}

/// §3.3: for one service, by host and type, and by port where that is given. One that wants none is given without.
Task<Reply> credentials(Host& host, const Iq& iq) {
    const auto* asked = iq.payload.child(service_tag);
    if (!asked || asked->attribute("host").empty() || asked->attribute("type").empty())
        co_return refuse(Condition::bad_request, "Name the service by its host and its type.");
    xml::Element reply(credentials_tag);
    for (const auto& known : known_services(host.config())) {
        const auto port = asked->attribute("port"), transport = asked->attribute("transport");
        const bool is_it = asked->attribute("host") == host.config().turn.host && asked->attribute("type") == known.type &&
                           (port.empty() || port == std::to_string(known.port)) && (transport.empty() || transport == known.transport);
        if (is_it) reply.add(describe(host, known, iq.from));
    }
    if (reply.children().empty()) co_return refuse(Condition::item_not_found, "There is no such service.");
    co_return reply.to_string(ns::client);
}

}  // namespace

const Feature external_services{
    .name = "external-services",
    .spec = "XEP-0215 1.0.0",
    .install = [](Host& host) {
        if (host.config().turn.host.empty()) return;
        host.advertise(At::server, ns_services);
        host.on_get(At::server | At::own, services_tag, list);
        host.on_get(At::server | At::own, credentials_tag, credentials);
    },
};

}  // namespace chancery
