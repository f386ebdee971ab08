#include "net/tls.h"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <array>
#include <fstream>
#include <iterator>
#include <new>

#include "base/hash.h"
#include "net/record_layer.h"
#include "net/ticket_keys.h"

namespace chancery::net {
namespace {

[[noreturn]] void fail(const std::string& what) {
    const auto code = ERR_peek_last_error();
    ERR_clear_error();
    const char* reason = code ? ERR_reason_error_string(code) : nullptr;
    throw TlsError(reason ? what + ": " + reason : what);
}

void require(bool success, const std::string& what) {
    if (!success) fail(what);
}

std::string on_the_wire(const std::vector<std::string>& names) {
    std::string wire;
    for (const auto& name : names) {
        require(!name.empty() && name.size() < 256, "ALPN name of impossible length");
        wire += static_cast<char>(name.size());
        wire += name;
    }
    return wire;
}

int refuse_password(char*, int, int, void*) { return 0; }  // never asks on a terminal

/// What the client presented is judged by who needs it (PeerCertificate::verified), not by breaking the
/// handshake.
int accept_for_now(int, X509_STORE_CTX*) { return 1; }

int select_alpn(SSL*, const unsigned char** chosen, unsigned char* length, const unsigned char* offered,
                unsigned offered_length, void* served) {
    const auto& names = *static_cast<const std::string*>(served);
    const int result = SSL_select_next_proto(const_cast<unsigned char**>(chosen), length,
                                             reinterpret_cast<const unsigned char*>(names.data()),
                                             static_cast<unsigned>(names.size()), offered, offered_length);
    return result == OPENSSL_NPN_NEGOTIATED ? SSL_TLSEXT_ERR_OK : SSL_TLSEXT_ERR_ALERT_FATAL;
}

int ticket_key(SSL* session, unsigned char* name, unsigned char* iv, EVP_CIPHER_CTX* cipher, EVP_MAC_CTX* mac,
               int seal) {
    auto* context = static_cast<TlsContext*>(SSL_CTX_get_app_data(SSL_get_SSL_CTX(session)));
    const int use = context->ticket_keys()->prepare(name, iv, cipher, mac, seal != 0);
    // A TLS 1.3 client uses a ticket once and needs the next (RFC 8446 §C.4).
    return use == TicketKeys::use && !seal && SSL_version(session) == TLS1_3_VERSION
               ? TicketKeys::use_and_renew
               : use;
}

std::string content_of(const std::filesystem::path& path) {
    std::ifstream file(path, std::ios::binary);
    require(file.is_open(), "cannot read " + path.string());
    return {std::istreambuf_iterator<char>(file), {}};
}

}  // namespace

std::shared_ptr<TicketKeys> make_ticket_keys() {
    return std::make_shared<TicketKeys>(std::chrono::steady_clock::now());
}

void forget_key_shares(ssl_st* session) {
    for (const auto fetch : {+[](ssl_st* from, EVP_PKEY** key) { return SSL_get_tmp_key(from, key); },
                             +[](ssl_st* from, EVP_PKEY** key) { return SSL_get_peer_tmp_key(from, key); }}) {
        EVP_PKEY* key = nullptr;
        if (fetch(session, &key)) EVP_PKEY_set_type(key, EVP_PKEY_get_id(key));  // which empties it
        EVP_PKEY_free(key);
    }
    ERR_clear_error();
}

TlsContext::TlsContext() : context_(SSL_CTX_new(TLS_method())) {
    if (!context_) throw std::bad_alloc();
    SSL_CTX_set_app_data(context_, this);
    SSL_CTX_set_default_passwd_cb(context_, refuse_password);
    SSL_CTX_set_min_proto_version(context_, TLS1_2_VERSION);
    // The end of a stream is marked in XML and in WebSocket: a peer that just closes has not cut anything
    // off.
    SSL_CTX_set_options(context_, SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION |
                                      SSL_OP_CIPHER_SERVER_PREFERENCE | SSL_OP_PRIORITIZE_CHACHA |
                                      SSL_OP_IGNORE_UNEXPECTED_EOF);
    // Without AUTO_RETRY a record that is not data ends SSL_read, so that such records are counted too.
    SSL_CTX_clear_mode(context_, SSL_MODE_AUTO_RETRY);
    SSL_CTX_set_mode(context_, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    SSL_CTX_set_session_cache_mode(context_, SSL_SESS_CACHE_OFF);
    use_groups_and_ciphers();
}

TlsContext::~TlsContext() { SSL_CTX_free(context_); }

void TlsContext::use_groups_and_ciphers() {
    // AES first, as it is in hardware; with a FIPS provider X25519 and ChaCha20 are missing.
    const bool groups = SSL_CTX_set1_groups_list(context_, "X25519:P-256:P-384") ||
                        SSL_CTX_set1_groups_list(context_, "P-256:P-384");
    require(groups, "no elliptic curve is available");
    require(SSL_CTX_set_cipher_list(context_, "ECDHE+AESGCM:ECDHE+CHACHA20"),
            "no TLS 1.2 cipher is available");
    ERR_clear_error();
}

void TlsContext::use_identity(const std::filesystem::path& chain, const std::filesystem::path& key) {
    require(SSL_CTX_use_certificate_chain_file(context_, chain.c_str()) == 1,
            "certificate " + chain.string());
    require(SSL_CTX_use_PrivateKey_file(context_, key.c_str(), SSL_FILETYPE_PEM) == 1,
            "private key " + key.string());
    require(SSL_CTX_check_private_key(context_) == 1,
            "private key " + key.string() + " is not of " + chain.string());
}

void TlsContext::ask_for_client_certificate(const Options& options) {
    const auto& ca = options.client_ca;
    SSL_CTX_set_verify(context_, SSL_VERIFY_PEER, accept_for_now);
    if (options.system_authorities) require(SSL_CTX_set_default_verify_paths(context_), "the system's authorities");
    // Public authorities have stopped to issue certificates for both roles: PeerCertificate::may_serve is asked instead.
    if (options.peers_are_servers) require(SSL_CTX_set_purpose(context_, X509_PURPOSE_ANY), "purpose");
    if (ca.empty()) return;
    require(SSL_CTX_load_verify_file(context_, ca.c_str()) == 1, "client CA " + ca.string());
    if (options.peers_are_servers) return;  // they have one certificate, whoever has signed it
    auto* names = SSL_load_client_CA_file(ca.c_str());
    require(names, "client CA " + ca.string());
    SSL_CTX_set_client_CA_list(context_, names);
}

std::shared_ptr<TlsContext> TlsContext::server(const Options& options) {
    const std::shared_ptr<TlsContext> made(new TlsContext);
    auto* context = made->context_;
    made->use_identity(options.certificate_chain, options.private_key);
    if (options.request_client_certificate) made->ask_for_client_certificate(options);
    made->alpn_ = on_the_wire(options.alpn);
    if (!made->alpn_.empty()) SSL_CTX_set_alpn_select_cb(context, select_alpn, &made->alpn_);

    made->ticket_keys_ = options.ticket_keys ? options.ticket_keys : make_ticket_keys();
    SSL_CTX_set_tlsext_ticket_key_evp_cb(context, ticket_key);
    SSL_CTX_set_timeout(context, std::chrono::seconds(TicketKeys::seals).count());
    SSL_CTX_set_num_tickets(context, options.resumable ? 1 : 0);
    made->compact_ = options.compact && RecordLayer::is_possible();
    if (made->compact_) HandshakeWitness::prepare(context);
    if (!options.resumable) SSL_CTX_set_options(context, SSL_OP_NO_TICKET);
    // A resumed session carries the verdict on the client's certificate: it is good under the same authority
    // only.
    const auto authority = options.request_client_certificate && !options.client_ca.empty()
                               ? content_of(options.client_ca)
                               : std::string();
    const auto scope = sha256({options.request_client_certificate ? "asked" : "not asked", authority,
                               options.peers_are_servers ? "servers" : "clients", options.system_authorities ? "system" : ""});
    SSL_CTX_set_session_id_context(context, scope.data(), scope.size());
    return made;
}

std::shared_ptr<TlsContext> TlsContext::client(const ClientOptions& options) {
    const std::shared_ptr<TlsContext> made(new TlsContext);
    auto* context = made->context_;
    if (!options.certificate_chain.empty())
        made->use_identity(options.certificate_chain, options.private_key);
    if (options.ca.empty() || options.system_authorities)
        require(SSL_CTX_set_default_verify_paths(context), "the system's authorities");
    if (!options.ca.empty()) require(SSL_CTX_load_verify_file(context, options.ca.c_str()), "CA " + options.ca.string());
    made->leaves_verdict_ = options.leave_verdict;
    SSL_CTX_set_verify(context, options.verify ? SSL_VERIFY_PEER : SSL_VERIFY_NONE,
                       options.leave_verdict ? accept_for_now : nullptr);
    made->alpn_ = on_the_wire(options.alpn);
    if (!made->alpn_.empty())
        SSL_CTX_set_alpn_protos(context, reinterpret_cast<const unsigned char*>(made->alpn_.data()),
                                static_cast<unsigned>(made->alpn_.size()));
    return made;
}

}  // namespace chancery::net
