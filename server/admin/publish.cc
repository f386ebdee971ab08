// What an administrator publishes so that partners can know the server's certificate without its authority: TLSA records
// (RFC 7671, RFC 7673) and a document on the domain's web site (RFC 7711).

#include "admin/certificates.h"
#include "admin/commands.h"
#include "base/bytes.h"
#include "base/crypto.h"
#include "base/federation_settings.h"
#include "xmpp/posh_document.h"
#include "xmpp/precis.h"

namespace chancery::admin {
namespace {

/// Where an address:port setting is empty, the usual port: the administrator may forward it.
std::string port_of(const std::string& address, const char* usual) { return address.empty() ? usual : address.substr(address.rfind(':') + 1); }

}  // namespace

json publish(Context& context, const json& request) {
    const auto path = context.data / context.config.tls.certificate;
    const auto certificate = read_certificate(path);
    if (!certificate) throw AdminError(path.string() + " cannot be read: the certificate chain stands there, in PEM.");
    const auto settings = FederationSettings::load(context.data / "chancery.toml");
    const auto domain = precis::ascii_domain(context.config.domain).value_or(context.config.domain);
    const auto host = precis::ascii_domain(request.value("host", domain));
    if (!host) throw AdminError(request.value("host", domain) + " is no host name.");
    // DANE-EE, the key, SHA-256: good also when the certificate is renewed for the same key (RFC 7671 §5.1).
    const auto tlsa = " TLSA 3 1 1 " + to_hex(hash(Hash::sha256, certificate->key));
    json records = json::array();
    const auto add = [&](const std::string& service, const std::string& port) {
        records.push_back(service + "._tcp." + domain + ". SRV 10 1 " + port + " " + *host + ".");
        records.push_back("_" + port + "._tcp." + *host + "." + tlsa);
    };
    add("_xmpp-server", port_of(settings.listen, "5269"));
    if (!settings.listen_tls.empty()) add("_xmpps-server", port_of(settings.listen_tls, "5270"));
    return {{"records", records},
            {"url", "https://" + domain + "/.well-known/posh/xmpp-server.json"},
            {"document", json::parse(PoshDocument::of(certificate->der))}};
}

}  // namespace chancery::admin
