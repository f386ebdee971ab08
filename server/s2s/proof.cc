#include "s2s/proof.h"

#include "s2s/identity.h"
#include "s2s/resolver.h"
#include "s2s/service.h"

namespace chancery::s2s {
namespace {

Result<Proof, Doubt> prove_by_authority(const std::optional<net::PeerCertificate>& certificate, std::string_view domain) {
    auto doubtful = doubt(certificate, domain);
    if (doubtful) return refusal(Doubt{std::move(*doubtful)});
    return Proof::authority;
}

/// Nothing: there are no records that could be used.
std::optional<Result<Proof, Doubt>> prove_by_dane(const std::optional<net::PeerCertificate>& certificate, std::string_view domain,
                                                  const Endpoint& endpoint, const net::TlsContext& context) {
    using enum net::DaneVerdict::Kind;
    if (endpoint.certificates.empty()) return std::nullopt;
    if (!certificate) return refusal(Doubt{"no certificate was shown", true});
    const auto verdict = net::judge_by_dane(*certificate, endpoint.certificates, context);
    if (verdict.kind == no_records) return std::nullopt;
    if (verdict.kind == mismatch) return refusal(Doubt{"the certificate is not what the TLSA records of " + endpoint.host + " say: " + verdict.reason, true});
    if (verdict.kind == end_entity) return Proof::dane;
    // RFC 7673 §4.2: either name will do, for the way from one to the other is secure.
    if (!certificate->may_serve) return refusal(Doubt{"the certificate is not for TLS", true});
    if (!names(*certificate, domain) && !names(*certificate, endpoint.host))
        return refusal(Doubt{"the certificate names neither " + std::string(domain) + " nor " + endpoint.host, true});
    return Proof::dane;
}

}  // namespace

std::string_view name_of(Proof proof) {
    switch (proof) {
        case Proof::authority: return "PKIX";
        case Proof::dane: return "DANE";
        case Proof::dialback: return "dialback";
    }
    return {};
}

Result<Proof, Doubt> prove_called(Service& service, const std::optional<net::PeerCertificate>& certificate, std::string_view domain, const Endpoint& endpoint) {
    if (auto proven = prove_by_dane(certificate, domain, endpoint, *service.tls().client(endpoint.direct_tls))) return std::move(*proven);
    return prove_by_authority(certificate, domain);
}

/// A server of the domain without TLSA records is known by its authority, and whoever calls may be that one.
Task<Result<Proof, Doubt>> prove_caller(Service& service, std::optional<net::PeerCertificate> certificate, std::string domain) {
    const bool asks_dns = service.settings().dane && !service.partners().endpoint_of(domain);
    if (!certificate || !asks_dns) co_return prove_by_authority(certificate, domain);
    const auto found = co_await service.callers_resolvers().run([domain, server = service.settings().resolver] { return resolve(domain, server, Dnssec::trusted); });
    if (found.endpoints.empty() && !found.is_final) co_return refusal(Doubt{found.failure, true});
    std::optional<Doubt> mismatch;
    bool may_be_known_by_authority = found.endpoints.empty();
    const auto context = service.tls().server();
    for (const auto& endpoint : found.endpoints) {
        auto proven = prove_by_dane(certificate, domain, endpoint, *context);
        if (!proven) may_be_known_by_authority = true;
        else if (*proven) co_return std::move(*proven);
        else mismatch = proven->error();
    }
    if (may_be_known_by_authority) {
        auto proven = prove_by_authority(certificate, domain);
        if (proven || !mismatch) co_return proven;
    }
    co_return refusal(std::move(*mismatch));
}

}  // namespace chancery::s2s
