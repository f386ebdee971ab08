// TLS settings and identity: what every connection that is accepted or made under them shares.
//
// TLS 1.3, and 1.2 with ECDHE and AEAD only (RFC 9325 §4.2); no compression, no renegotiation, no 0-RTT.
// Sessions are resumed by tickets under keys that change, so that the server keeps nothing. Concurrency. A
// context is immutable; it and its ticket keys are used on every shard.
#pragma once
#include <openssl/types.h>

#include <filesystem>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "net/error.h"

namespace chancery::net {

/// The keys that session tickets are sealed with (RFC 5077 §4). Each seals for six hours and opens for
/// twelve.
class TicketKeys;
std::shared_ptr<TicketKeys> make_ticket_keys();

/// Shared by the connections that were started under it and by whoever starts new ones.
class TlsContext {
  public:
    struct Options {
        std::filesystem::path certificate_chain;  // PEM, leaf first
        std::filesystem::path private_key;        // PEM
        std::filesystem::path client_ca;          // PEM; empty: no client certificate counts as verified
        bool request_client_certificate = false;  // asked for, not required: see PeerCertificate::verified
        bool peers_are_servers = false;           // which may show a certificate that is for servers only
        bool system_authorities = false;          // beside client_ca
        bool resumable = true;                    // by tickets, which do not have PeerCertificate::chain
        bool compact = false;                     // TLS 1.3 goes on without libssl after the handshake: see record_layer.h
        /// The protocols served, best first (RFC 7301). A client that offers only others is refused.
        std::vector<std::string> alpn;
        /// Given when a certificate is renewed, so that tickets stay good; null makes new keys. Tickets are
        /// never good under another client_ca.
        std::shared_ptr<TicketKeys> ticket_keys;
    };
    struct ClientOptions {
        std::filesystem::path ca;                 // PEM; empty: the system's
        bool verify = true;                       // the chain, and the name given to start_tls_client
        bool system_authorities = false;          // beside ca
        bool leave_verdict = false;               // the caller judges by PeerCertificate, chain and name
        std::filesystem::path certificate_chain;  // empty: no client certificate
        std::filesystem::path private_key;
        std::vector<std::string> alpn;
    };

    /// @throws TlsError  a file cannot be read or used, or key and certificate do not belong together.
    static std::shared_ptr<TlsContext> server(const Options& options);
    static std::shared_ptr<TlsContext> client(const ClientOptions& options);

    ~TlsContext();
    TlsContext(const TlsContext&) = delete;
    TlsContext& operator=(const TlsContext&) = delete;

    /// Of a server's context: for Options::ticket_keys of the one that replaces it.
    const std::shared_ptr<TicketKeys>& ticket_keys() const { return ticket_keys_; }

    ssl_ctx_st* native() const { return context_; }
    bool leaves_verdict() const { return leaves_verdict_; }
    bool is_compact() const { return compact_; }

  private:
    TlsContext();
    void use_identity(const std::filesystem::path& chain, const std::filesystem::path& key);
    void use_groups_and_ciphers();
    void ask_for_client_certificate(const Options& options);

    ssl_ctx_st* context_;
    bool leaves_verdict_ = false;
    bool compact_ = false;
    std::string alpn_;  // as on the wire: each name after its length
    std::shared_ptr<TicketKeys> ticket_keys_;
};

/// The context for new connections, replaceable while the server runs. On every thread.
class CurrentTlsContext {
  public:
    explicit CurrentTlsContext(std::shared_ptr<TlsContext> context) : context_(std::move(context)) {}
    std::shared_ptr<TlsContext> get() const {
        const std::lock_guard lock(guard_);
        return context_;
    }
    void replace(std::shared_ptr<TlsContext> context) {
        const std::lock_guard lock(guard_);
        context_.swap(context);
    }

  private:
    mutable std::mutex guard_;
    std::shared_ptr<TlsContext> context_;
};

struct PeerCertificate {
    std::string der;
    std::vector<std::string> chain;  // DER, the other certificates that were shown; not when the session was resumed
    std::string subject;  // RFC 2253, for people
    std::vector<std::string> dns_names;
    std::vector<std::string> xmpp_addresses;  // id-on-xmppAddr, RFC 6120 §13.7.1.4
    std::vector<std::string> service_names;   // id-on-dnsSRV, RFC 4985: _xmpp-server.example.org
    std::vector<std::string> email_addresses;
    std::vector<std::string> principal_names;  // Microsoft's userPrincipalName, as on smart cards
    bool may_serve = false;                    // its extended key usage, if any, is for servers or clients of TLS
    bool verified = false;                     // by client_ca (or ca), now or when the resumed session began
    std::string verify_error;                  // why not; for the log
};

/// What was negotiated; gathered from the session when asked for.
struct TlsInfo {
    std::string protocol;  // TLSv1.3
    std::string cipher;    // OpenSSL's name
    std::string alpn;      // empty: none
    std::string sni;       // empty: none
    bool resumed = false;
    std::optional<PeerCertificate> peer;
};

TlsInfo describe(const ssl_st* session);

/// Once the handshake is done: empties the keys of the key exchange, which OpenSSL would keep as long as the session. Whoever reads
/// our memory later must not find what opens the traffic of before; and they take half a KiB.
void forget_key_shares(ssl_st* session);

/// What binds an authentication to this session; empty what it does not have.
struct ChannelBindings {
    /// RFC 9266 tls-exporter: 32 bytes; empty for TLS 1.2 without extended master secret (RFC 7627).
    std::string exporter;
    /// RFC 5929 §4 tls-server-end-point: the hash of the server's certificate; empty where that is not defined (EdDSA certificates).
    std::string server_end_point;
    /// RFC 5929 §3 tls-unique: the first Finished message. RFC 9266 replaces it for TLS 1.3, where it binds as well but has no
    /// standing; empty for TLS 1.2 without extended master secret, where it does not bind (RFC 7627 §1).
    /// COMPAT: slixmpp up to 1.8 knows no other type and insists on it; to go when Debian 12 goes.
    std::string unique;
};

ChannelBindings channel_bindings(ssl_st* session);

}  // namespace chancery::net
