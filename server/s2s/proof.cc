#include "s2s/proof.h"

#include "s2s/identity.h"
#include "s2s/resolver.h"
#include "s2s/service.h"

namespace chancery::s2s {
namespace {

/// RFC 7711: the web site is asked where no authority will do. It is only as good as an authority: its own is.
Task<Result<Proof, Doubt>> prove_by_authority(Service& service, Workers& workers, std::optional<net::PeerCertificate> certificate, std::string domain) {
    auto doubtful = doubt(certificate, domain);
    if (!doubtful) co_return Proof::authority;
    if (!certificate || !service.settings().posh) co_return refusal(Doubt{std::move(*doubtful)});
    HttpsOptions options{.resolver = service.settings().resolver, .hosts = service.partners().web_hosts(), .trust = service.tls().client(false)};
    const auto ask = [&posh = service.posh(), domain, der = certificate->der, options] { return posh.proves(domain, der, options); };
    const auto proven = co_await workers.run(ask);
    if (!proven) co_return refusal(Doubt{std::move(*doubtful), false, proven.error()});
    co_return Proof::posh;
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
        case Proof::posh: return "POSH";
        case Proof::dialback: return "dialback";
    }
    return {};
}

Task<Result<Proof, Doubt>> prove_called(Service& service, std::optional<net::PeerCertificate> certificate, std::string domain, Endpoint endpoint) {
    if (auto proven = prove_by_dane(certificate, domain, endpoint, *service.tls().client(endpoint.direct_tls))) co_return std::move(*proven);
    auto proving = prove_by_authority(service, service.resolvers(), std::move(certificate), std::move(domain));
    co_return co_await std::move(proving);
}

/// A server of the domain without TLSA records is known otherwise, and whoever calls may be that one.
Task<Result<Proof, Doubt>> prove_caller(Service& service, std::optional<net::PeerCertificate> certificate, std::string domain) {
    const bool asks_dns = certificate && service.settings().dane && !service.partners().endpoint_of(domain);
    std::optional<Doubt> mismatch;
    if (asks_dns) {
        const auto ask = [domain, server = service.settings().resolver] { return resolve(domain, server, Dnssec::trusted); };
        const auto found = co_await service.callers_resolvers().run(ask);
        if (found.endpoints.empty() && !found.is_final) co_return refusal(Doubt{"its records in DNS could not be found out", true, found.failure});
        bool may_be_known_otherwise = found.endpoints.empty();
        const auto context = service.tls().server();
        for (const auto& endpoint : found.endpoints) {
            auto proven = prove_by_dane(certificate, domain, endpoint, *context);
            if (!proven) may_be_known_otherwise = true;
            else if (*proven) co_return std::move(*proven);
            else mismatch = proven->error();
        }
        if (!may_be_known_otherwise) co_return refusal(std::move(*mismatch));
    }
    auto proving = prove_by_authority(service, service.callers_resolvers(), std::move(certificate), std::move(domain));
    auto proven = co_await std::move(proving);
    if (!proven && mismatch) co_return refusal(std::move(*mismatch));
    co_return proven;
}

}  // namespace chancery::s2s
