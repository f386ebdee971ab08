#include "c2s/web.h"

#include "c2s/websocket_stream.h"
#include "net/certificate.h"
#include "xml/escape.h"

namespace chancery::c2s {
namespace {

constexpr std::string_view websocket_path = "/xmpp-websocket";

/// RFC 6455 §4.2.1, RFC 7395 §3.1. @throws net::HttpError
void check_handshake(const net::HttpRequest& request) {
    const auto& fields = request.fields;
    if (!fields.lists("connection", "upgrade") || !fields.lists("upgrade", "websocket"))
        throw net::HttpError(426, "This is a WebSocket.", {{"Upgrade", "websocket"}, {"Connection", "Upgrade"}});
    if (fields.find("sec-websocket-version") != "13")
        throw net::HttpError(426, "The version of WebSocket is 13.",
                             {{"Upgrade", "websocket"}, {"Connection", "Upgrade"}, {"Sec-WebSocket-Version", "13"}});
    if (request.method != "GET" || request.is_http_1_0 || request.has_body || fields.count("sec-websocket-key") != 1 ||
        !net::WebSocket::is_key(fields.find("sec-websocket-key")))
        throw net::HttpError(400, "This is not how a WebSocket is opened.");
    if (!fields.lists("sec-websocket-protocol", "xmpp")) throw net::HttpError(400, "The protocol of this WebSocket is xmpp.");
}

}  // namespace

Web::Web(Service& service) : service_(service), origins_(service.config()), bosh_(service, origins_) {}

void Web::add_routes(net::HttpRouter& router) {
    bosh_.add_routes(router);
    router.add({.path = std::string(websocket_path), .methods = {"GET"}, .most_body_bytes = 0, .handler = [this](auto& exchange) {
                    return open_websocket(exchange);
                }});
    router.add({.path = "/.well-known/host-meta", .methods = {"GET"}, .most_body_bytes = 0, .handler = [this](auto& exchange) {
                    return describe(exchange, false);
                }});
    router.add({.path = "/.well-known/host-meta.json", .methods = {"GET"}, .most_body_bytes = 0, .handler = [this](auto& exchange) {
                    return describe(exchange, true);
                }});
}

Task<> Web::open_websocket(net::HttpExchange& exchange) {
    const auto& request = exchange.request();
    check_handshake(request);
    // Without this a page of anybody could use the browser of somebody who is inside (RFC 6455 §10.2).
    if (!origins_.allow(request.fields.find("origin"), request.host)) throw net::HttpError(403, "Pages of that site may not connect.");
    const auto key = request.fields.find("sec-websocket-key");
    exchange.respond({.status = 101,
                      .fields = {{"Upgrade", "websocket"},
                                 {"Connection", "Upgrade"},
                                 {"Sec-WebSocket-Accept", net::WebSocket::accept_key(key)},
                                 {"Sec-WebSocket-Protocol", "xmpp"}},
                      .body = {}});
    auto taken = exchange.take_over();
    service_.take(std::make_unique<WebSocketStream>(std::move(taken.connection), std::move(taken.received), xml::limits_before_sign_in),
                  std::move(taken.pass));
    co_return;
}

/// As set; else as the client asked, if our certificate is for that name; else the domain, and the port that was asked.
std::string Web::public_host(const net::HttpRequest& request) const {
    const auto& config = service_.config();
    if (!config.web.public_url.empty()) return normal_origin(config.web.public_url).substr(sizeof "https://" - 1);
    const auto origin = normal_origin("https://" + request.host);
    const auto asked = origin.empty() ? origin : origin.substr(sizeof "https://" - 1);
    const auto colon = asked.rfind(':');
    const auto port = colon == asked.npos || asked.ends_with(']') ? std::string() : asked.substr(colon);
    const auto name = asked.substr(0, asked.size() - port.size());
    const auto tls = service_.parts().tls.get();
    return (net::certificate_is_for(*tls, name) ? name : config.domain) + port;
}

/// XEP-0156 1.4 §4. Any page may read it (RFC 6415 §2), and what it says is in nobody's hand but ours.
Task<> Web::describe(net::HttpExchange& exchange, bool as_json) {
    const auto host = public_host(exchange.request());
    const std::pair<std::string_view, std::string> links[] = {
        {"urn:xmpp:alt-connections:websocket", "wss://" + host + std::string(websocket_path)},
        {"urn:xmpp:alt-connections:xbosh", "https://" + host + std::string(Bosh::path)}};
    std::string body = as_json ? R"({"links":[)" : "<?xml version='1.0' encoding='utf-8'?>\n"
                                                   "<XRD xmlns='http://docs.oasis-open.org/ns/xri/xrd-1.0'>\n";
    for (const auto& [relation, address] : links) {
        if (as_json) body.append(&relation == &links[0].first ? "" : ",").append(R"({"rel":")").append(relation).append(R"(","href":")").append(address).append("\"}");
        else body.append("  <Link rel='").append(relation).append("' href='").append(xml::escape(address, xml::Place::attribute)).append("'/>\n");
    }
    body += as_json ? "]}\n" : "</XRD>\n";
    exchange.respond({.status = 200,
                      .fields = {{"Content-Type", as_json ? "application/json" : "application/xrd+xml; charset=utf-8"},
                                 {"Access-Control-Allow-Origin", "*"},
                                 {"Cache-Control", "max-age=3600"}},
                      .body = std::move(body)});
    co_return;
}

}  // namespace chancery::c2s
