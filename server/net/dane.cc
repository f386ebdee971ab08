#include "net/dane.h"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <memory>
#include <new>

namespace chancery::net {
namespace {

constexpr std::uint8_t dane_ee = 3;  // RFC 7218 §2.1

template <auto Free>
struct Deleter {
    void operator()(auto* pointer) const { Free(pointer); }
};
using Certificate = std::unique_ptr<X509, Deleter<X509_free>>;
using Session = std::unique_ptr<SSL, Deleter<SSL_free>>;
using Verification = std::unique_ptr<X509_STORE_CTX, Deleter<X509_STORE_CTX_free>>;

void free_chain(STACK_OF(X509)* chain) { sk_X509_pop_free(chain, X509_free); }
using Chain = std::unique_ptr<STACK_OF(X509), Deleter<free_chain>>;

Certificate read(const std::string& der) {
    const auto* bytes = reinterpret_cast<const unsigned char*>(der.data());
    return Certificate(d2i_X509(nullptr, &bytes, static_cast<long>(der.size())));
}

/// A session that never speaks: OpenSSL keeps TLSA records in one.
Session session_for_records() {
    static SSL_CTX* const context = [] {
        auto* made = SSL_CTX_new(TLS_method());
        if (!made || SSL_CTX_dane_enable(made) != 1) throw std::bad_alloc();
        return made;
    }();
    Session session(SSL_new(context));
    constexpr auto name = "tlsa.invalid";  // names are for the caller to judge
    if (!session || SSL_dane_enable(session.get(), name) != 1) throw std::bad_alloc();
    return session;
}

bool add(const Session& session, const TlsaRecord& record) {
    return SSL_dane_tlsa_add(session.get(), record.usage, record.selector, record.matching,
                             reinterpret_cast<const unsigned char*>(record.data.data()), record.data.size()) > 0;
}

}  // namespace

DaneVerdict judge_by_dane(const PeerCertificate& certificate, const std::vector<TlsaRecord>& records, const TlsContext& context) {
    using enum DaneVerdict::Kind;
    const auto session = session_for_records();
    bool any = false;
    for (const auto& record : records) any |= add(session, record);
    ERR_clear_error();
    if (!any) return {no_records, {}};

    const auto leaf = read(certificate.der);
    const Chain chain(sk_X509_new_null());
    const Verification verification(X509_STORE_CTX_new());
    if (!chain || !verification) throw std::bad_alloc();
    for (const auto& der : certificate.chain)
        if (auto each = read(der)) sk_X509_push(chain.get(), each.release());
    if (!leaf || X509_STORE_CTX_init(verification.get(), SSL_CTX_get_cert_store(context.native()), leaf.get(), chain.get()) != 1)
        return {mismatch, "the certificate cannot be read"};
    X509_STORE_CTX_set_purpose(verification.get(), X509_PURPOSE_ANY);  // PeerCertificate::may_serve is asked instead
    X509_STORE_CTX_set0_dane(verification.get(), SSL_get0_dane(session.get()));
    const bool good = X509_verify_cert(verification.get()) == 1;
    ERR_clear_error();
    if (!good) return {mismatch, X509_verify_cert_error_string(X509_STORE_CTX_get_error(verification.get()))};
    std::uint8_t usage = 0;
    if (SSL_get0_dane_tlsa(session.get(), &usage, nullptr, nullptr, nullptr, nullptr) < 0) return {mismatch, "no TLSA record is of this certificate"};
    return {usage == dane_ee ? end_entity : by_authority, {}};
}

}  // namespace chancery::net
