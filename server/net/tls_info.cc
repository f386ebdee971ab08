// What can be said about a TLS session: parameters, the peer's certificate, channel bindings.
#include <openssl/evp.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <memory>
#include <string_view>

#include "net/tls.h"

namespace chancery::net {
namespace {

std::string text_of(const ASN1_STRING* value) {
    if (!value) return {};
    std::string text(reinterpret_cast<const char*>(ASN1_STRING_get0_data(value)), ASN1_STRING_length(value));
    return text.find('\0') == text.npos ? text : std::string();  // example.org\0.evil.example
}

/// An otherName whose value is a UTF8String; empty otherwise.
std::string other_name(const GENERAL_NAME& name, int kind) {
    const auto& other = *name.d.otherName;
    if (OBJ_obj2nid(other.type_id) != kind || other.value->type != V_ASN1_UTF8STRING) return {};
    return text_of(other.value->value.utf8string);
}

/// RFC 4985: an IA5String, as _xmpp-server.example.org; empty otherwise.
std::string service_name(const GENERAL_NAME& name) {
    const auto& other = *name.d.otherName;
    char kind[32] = "";
    OBJ_obj2txt(kind, sizeof kind, other.type_id, 1);
    if (std::string_view(kind) != "1.3.6.1.5.5.7.8.7" || other.value->type != V_ASN1_IA5STRING) return {};
    return text_of(other.value->value.ia5string);
}

void add(std::vector<std::string>& names, std::string name) {
    if (!name.empty()) names.push_back(std::move(name));
}

void add_alternative_names(PeerCertificate& peer, X509* certificate) {
    const std::unique_ptr<GENERAL_NAMES, decltype(&GENERAL_NAMES_free)> names(
        static_cast<GENERAL_NAMES*>(X509_get_ext_d2i(certificate, NID_subject_alt_name, nullptr, nullptr)),
        GENERAL_NAMES_free);
    for (int i = 0; i < sk_GENERAL_NAME_num(names.get()); ++i) {
        const auto& name = *sk_GENERAL_NAME_value(names.get(), i);
        if (name.type == GEN_DNS) add(peer.dns_names, text_of(name.d.dNSName));
        if (name.type == GEN_EMAIL) add(peer.email_addresses, text_of(name.d.rfc822Name));
        if (name.type != GEN_OTHERNAME) continue;
        add(peer.xmpp_addresses, other_name(name, NID_XmppAddr));
        add(peer.service_names, service_name(name));
        add(peer.principal_names, other_name(name, NID_ms_upn));
    }
}

std::string subject_of(X509* certificate) {
    const std::unique_ptr<BIO, decltype(&BIO_free_all)> out(BIO_new(BIO_s_mem()), BIO_free_all);
    X509_NAME_print_ex(out.get(), X509_get_subject_name(certificate), 0,
                       XN_FLAG_RFC2253 & ~ASN1_STRFLGS_ESC_MSB);
    char* text = nullptr;
    const long size = BIO_get_mem_data(out.get(), &text);
    return {text, static_cast<std::size_t>(size)};
}

std::string der_of(const X509* certificate) {
    unsigned char* der = nullptr;
    const int size = i2d_X509(certificate, &der);
    std::string bytes(reinterpret_cast<char*>(der), size > 0 ? size : 0);
    OPENSSL_free(der);
    return bytes;
}

PeerCertificate describe(X509* certificate, const STACK_OF(X509)* shown, long verdict) {
    PeerCertificate peer;
    peer.der = der_of(certificate);
    // A client's view begins with the certificate itself, a server's does not.
    for (int i = 0; i < sk_X509_num(shown); ++i)
        if (auto der = der_of(sk_X509_value(shown, i)); der != peer.der) peer.chain.push_back(std::move(der));
    peer.subject = subject_of(certificate);
    add_alternative_names(peer, certificate);
    const auto usage = X509_get_extended_key_usage(certificate);  // all bits where the certificate does not restrict it
    peer.may_serve = (usage & (XKU_SSL_SERVER | XKU_SSL_CLIENT | XKU_ANYEKU)) != 0;
    peer.verified = verdict == X509_V_OK;
    if (!peer.verified) peer.verify_error = X509_verify_cert_error_string(verdict);
    return peer;
}

}  // namespace

TlsInfo describe(const ssl_st* session) {
    TlsInfo info;
    if (!session) return info;
    info.protocol = SSL_get_version(session);
    info.cipher = SSL_CIPHER_get_name(SSL_get_current_cipher(session));
    const unsigned char* alpn = nullptr;
    unsigned alpn_size = 0;
    SSL_get0_alpn_selected(session, &alpn, &alpn_size);
    info.alpn.assign(reinterpret_cast<const char*>(alpn), alpn_size);
    if (const char* sni = SSL_get_servername(session, TLSEXT_NAMETYPE_host_name)) info.sni = sni;
    info.resumed = SSL_session_reused(session);
    if (auto* certificate = SSL_get0_peer_certificate(session))
        info.peer = describe(certificate, SSL_get_peer_cert_chain(session), SSL_get_verify_result(session));
    return info;
}

namespace {

std::string exporter(ssl_st* session) {
    constexpr std::string_view label = "EXPORTER-Channel-Binding";
    if (SSL_version(session) < TLS1_3_VERSION && SSL_get_extms_support(session) != 1) return {};
    std::string binding(32, '\0');
    constexpr int with_context = 1;  // RFC 9266 §2: the context is present and has no bytes
    const int result =
        SSL_export_keying_material(session, reinterpret_cast<unsigned char*>(binding.data()), binding.size(),
                                   label.data(), label.size(), nullptr, 0, with_context);
    return result == 1 ? binding : std::string();
}

std::string unique(ssl_st* session) {
    if (SSL_version(session) < TLS1_3_VERSION && SSL_get_extms_support(session) != 1) return {};
    unsigned char finished[EVP_MAX_MD_SIZE];
    // The first to finish is the client, or the server when the session was resumed.
    const auto size = SSL_session_reused(session) ? SSL_get_finished(session, finished, sizeof finished)
                                                  : SSL_get_peer_finished(session, finished, sizeof finished);
    return {reinterpret_cast<const char*>(finished), size};
}

std::string server_end_point(const ssl_st* session) {
    const X509* certificate =
        SSL_is_server(session) ? SSL_get_certificate(session) : SSL_get0_peer_certificate(session);
    if (!certificate) return {};
    int digest = NID_undef;
    X509_get_signature_info(const_cast<X509*>(certificate), &digest, nullptr, nullptr, nullptr);
    if (digest == NID_undef) return {};
    if (digest == NID_md5 || digest == NID_sha1) digest = NID_sha256;  // RFC 5929 §4.1
    unsigned char bytes[EVP_MAX_MD_SIZE];
    unsigned size = 0;
    const auto* algorithm = EVP_get_digestbynid(digest);
    if (!algorithm || X509_digest(certificate, algorithm, bytes, &size) != 1) return {};
    return {reinterpret_cast<const char*>(bytes), size};
}

}  // namespace

ChannelBindings channel_bindings(ssl_st* session) {
    if (!session) return {};
    return {.exporter = exporter(session), .server_end_point = server_end_point(session), .unique = unique(session)};
}

}  // namespace chancery::net
