#include "s2s/tls.h"

namespace chancery::s2s {

constexpr auto alpn = "xmpp-server";  // XEP-0368 §3

Tls::Tls(Files files) : files_(std::move(files)), contexts_(load()) {
    if (files_.authorities.empty() && !files_.system_authorities)
        throw net::TlsError("federation.authorities is empty and federation.system_authorities is off: no partner could be known");
}

Tls::Contexts Tls::load() const {
    const auto client = [this](std::vector<std::string> protocols) {
        return net::TlsContext::client({.ca = files_.authorities,
                                        .system_authorities = files_.system_authorities,
                                        .leave_verdict = true,
                                        .certificate_chain = files_.certificate,
                                        .private_key = files_.key,
                                        .alpn = std::move(protocols)});
    };
    return {.server = net::TlsContext::server({.certificate_chain = files_.certificate,
                                               .private_key = files_.key,
                                               .client_ca = files_.authorities,
                                               .request_client_certificate = true,
                                               .peers_are_servers = true,
                                               .system_authorities = files_.system_authorities,
                                               .resumable = false,  // each stream is judged by all that its peer shows
                                               .alpn = {alpn}}),
            .client = client({}),
            .direct_client = client({alpn})};
}

void Tls::reload() {
    auto fresh = load();
    const std::lock_guard lock(guard_);
    std::swap(contexts_, fresh);
}

std::shared_ptr<net::TlsContext> Tls::server() const {
    const std::lock_guard lock(guard_);
    return contexts_.server;
}

std::shared_ptr<net::TlsContext> Tls::client(bool direct) const {
    const std::lock_guard lock(guard_);
    return direct ? contexts_.direct_client : contexts_.client;
}

}  // namespace chancery::s2s
