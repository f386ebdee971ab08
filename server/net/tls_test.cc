#include "net/tls.h"

#include <doctest/doctest.h>
#include <openssl/ssl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <fstream>

#include "base/crypto.h"
#include "net/listener.h"
#include "net/ticket_keys.h"
#include "support/certificate.h"
#include "support/shard_thread.h"

using namespace chancery;
using namespace chancery::net;

namespace {

const test::Certificate& first() {
    static const test::Certificate made("chancery.test", "DNS:chancery.test");
    return made;
}
const test::Certificate& second() {
    static const test::Certificate made("renewed.test", "DNS:chancery.test",
                                        test::Certificate::Algorithm::rsa);
    return made;
}
const test::Certificate& officer() {
    static const test::Certificate made(
        "An Officer",
        "DNS:laptop.test,email:a@chancery.test,otherName:1.3.6.1.5.5.7.8.5;UTF8:a@chancery.test,"
        "otherName:1.3.6.1.4.1.311.20.2.3;UTF8:officer@ad.chancery.test");
    return made;
}

/// What the server's side saw of its last connection.
struct Seen {
    TlsInfo info;
    std::string exporter, end_point;
};

/// Listens on two shards on the same port, so that connections land on either; answers every byte with a
/// byte.
class TwoShards {
  public:
    explicit TwoShards(TlsContext::Options options)
        : current_(TlsContext::server(options)),
          one_(listen(a_, "127.0.0.1:0")),
          two_(listen(b_, address())) {}
    ~TwoShards() {
        end(a_, one_);
        end(b_, two_);
    }
    std::string address() const { return "127.0.0.1:" + std::to_string(one_->port()); }
    CurrentTlsContext& current() { return current_; }
    Seen last() {
        const std::lock_guard lock(guard_);
        return seen_;
    }
    int used_shards() const { return (served_[0] > 0) + (served_[1] > 0); }

  private:
    std::unique_ptr<Listener> listen(test::ShardThread& home, const std::string& address) {
        return home.call([&] {
            return std::make_unique<Listener>(home.shard, address, true, [this, &home](auto connection) {
                home.group.spawn(serve(*this, std::move(connection)));
            });
        });
    }
    static void end(test::ShardThread& home, std::unique_ptr<Listener>& listener) {
        home.call([&] {
            listener.reset();
            home.group.clear();
        });
    }
    static Task<> serve(TwoShards& server, std::unique_ptr<Connection> connection) {
        try {
            const auto context = server.current_.get();
            co_await connection->start_tls(context, 10s);
            ++server.served_[connection->shard().index()];
            server.remember(*connection);
            while (true) {
                const auto bytes = co_await connection->read(10s);
                if (bytes.empty()) break;
                connection->write(bytes);
            }
        } catch (const ConnectionLost&) {
        }
        co_await connection->close(1s);
    }
    void remember(const Connection& connection) {
        const std::lock_guard lock(guard_);
        seen_ = {connection.tls(), connection.channel_binding_exporter(),
                 connection.channel_binding_server_end_point()};
    }

    std::mutex guard_;
    Seen seen_;
    std::array<std::atomic<int>, 2> served_{};
    CurrentTlsContext current_;
    test::ShardThread a_{0}, b_{1};
    std::unique_ptr<Listener> one_, two_;
};

/// A blocking client that is nothing but OpenSSL.
class Client {
  public:
    Client() : context_(SSL_CTX_new(TLS_client_method())) {
        SSL_CTX_set_session_cache_mode(context_, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
        SSL_CTX_set_app_data(context_, this);
        SSL_CTX_sess_set_new_cb(context_, [](SSL* ssl, SSL_SESSION* session) {
            auto* self = static_cast<Client*>(SSL_CTX_get_app_data(SSL_get_SSL_CTX(ssl)));
            SSL_SESSION_free(self->session_);
            self->session_ = session;
            return 1;
        });
    }
    ~Client() {
        hang_up();
        SSL_SESSION_free(session_);
        SSL_CTX_free(context_);
    }
    SSL_CTX* context() { return context_; }
    SSL* ssl() { return ssl_; }
    bool has_ticket() const { return session_ != nullptr; }

    bool dial(const std::string& text) {
        hang_up();
        const auto address = Address::parse(text);
        fd_ = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        REQUIRE(::connect(fd_, address.get(), address.size()) == 0);
        ssl_ = SSL_new(context_);
        SSL_set_fd(ssl_, fd_);
        SSL_set_tlsext_host_name(ssl_, "chancery.test");
        if (session_) SSL_set_session(ssl_, session_);
        return SSL_connect(ssl_) == 1;
    }
    bool echoes() {
        char byte = 0;
        return SSL_write(ssl_, "x", 1) == 1 && SSL_read(ssl_, &byte, 1) == 1 && byte == 'x';
    }
    void hang_up() {
        if (!ssl_) return;
        SSL_shutdown(ssl_);
        SSL_free(std::exchange(ssl_, nullptr));
        ::close(fd_);
    }
    std::string certificate_name() {
        char name[64] = "";
        X509_NAME_get_text_by_NID(X509_get_subject_name(SSL_get0_peer_certificate(ssl_)), NID_commonName,
                                  name, sizeof name);
        return name;
    }

  private:
    SSL_CTX* context_;
    SSL_SESSION* session_ = nullptr;
    SSL* ssl_ = nullptr;
    int fd_ = -1;
};

TlsContext::Options options_of(const test::Certificate& certificate) {
    return {.certificate_chain = certificate.chain(), .private_key = certificate.key()};
}

}  // namespace

TEST_CASE("TicketsResumeOnEveryShard") {
    TwoShards server(options_of(first()));
    for (const int version : {TLS1_3_VERSION, TLS1_2_VERSION}) {
        Client client;
        SSL_CTX_set_max_proto_version(client.context(), version);
        REQUIRE(client.dial(server.address()));
        CHECK(client.echoes());
        CHECK_FALSE(server.last().info.resumed);
        for (int i = 0; i < 20; ++i) {
            CHECK(client.has_ticket());
            REQUIRE(client.dial(server.address()));
            CHECK(client.echoes());
            CHECK(SSL_session_reused(client.ssl()));
            CHECK(server.last().info.resumed);
        }
    }
    CHECK(server.used_shards() == 2);
}

TEST_CASE("ANewCertificateServesNewConnectionsWhileOldOnesLiveOn") {
    TwoShards server(options_of(first()));
    Client old_client, new_client;
    REQUIRE(old_client.dial(server.address()));
    CHECK(old_client.certificate_name() == "chancery.test");
    CHECK(old_client.echoes());

    auto options = options_of(second());
    options.ticket_keys = server.current().get()->ticket_keys();
    server.current().replace(TlsContext::server(options));

    CHECK(old_client.echoes());
    REQUIRE(new_client.dial(server.address()));
    CHECK(new_client.certificate_name() == "renewed.test");
    REQUIRE(old_client.dial(server.address()));
    CHECK(old_client.echoes());
    CHECK(SSL_session_reused(old_client.ssl()));
}

TEST_CASE("ATicketIsNotGoodUnderAnotherClientAuthority") {
    auto options = options_of(first());
    options.request_client_certificate = true;
    options.client_ca = officer().chain();
    TwoShards server(options);
    Client client;
    REQUIRE(client.dial(server.address()));
    CHECK(client.echoes());
    options.client_ca = second().chain();
    options.ticket_keys = server.current().get()->ticket_keys();
    server.current().replace(TlsContext::server(options));
    REQUIRE(client.dial(server.address()));
    CHECK(client.echoes());
    CHECK_FALSE(SSL_session_reused(client.ssl()));
}

TEST_CASE("ChannelBindingsAreTheSameOnBothSides") {
    const auto binding_of = [](const char* digest, SSL* ssl) {
        unsigned char bytes[EVP_MAX_MD_SIZE];
        unsigned size = 0;
        X509_digest(SSL_get0_peer_certificate(ssl), EVP_get_digestbyname(digest), bytes, &size);
        return std::string(reinterpret_cast<char*>(bytes), size);
    };
    for (const auto* certificate : {&first(), &second()}) {
        TwoShards server(options_of(*certificate));
        for (const int version : {TLS1_3_VERSION, TLS1_2_VERSION}) {
            Client client;
            SSL_CTX_set_max_proto_version(client.context(), version);
            REQUIRE(client.dial(server.address()));
            CHECK(client.echoes());
            CHECK(server.last().exporter.size() == 32);
            CHECK(server.last().exporter == channel_binding_exporter(client.ssl()));
            CHECK(server.last().end_point == binding_of("SHA256", client.ssl()));
            CHECK(server.last().end_point == channel_binding_server_end_point(client.ssl()));
        }
        Client without_extended_master_secret;
        SSL_CTX_set_max_proto_version(without_extended_master_secret.context(), TLS1_2_VERSION);
        SSL_CTX_set_options(without_extended_master_secret.context(), SSL_OP_NO_EXTENDED_MASTER_SECRET);
        REQUIRE(without_extended_master_secret.dial(server.address()));
        CHECK(without_extended_master_secret.echoes());
        CHECK(server.last().exporter.empty());
        CHECK_FALSE(server.last().end_point.empty());
    }
}

TEST_CASE("AlpnPrefersTheServersOrderAndRefusesForeignProtocols") {
    auto options = options_of(first());
    options.alpn = {"xmpp-client", "http/1.1"};
    TwoShards server(options);
    const auto try_with = [&](std::string_view offered) {
        Client client;
        SSL_CTX_set_alpn_protos(client.context(), reinterpret_cast<const unsigned char*>(offered.data()),
                                offered.size());
        return client.dial(server.address()) && client.echoes() ? server.last().info.alpn : "refused";
    };
    CHECK(try_with("\x08http/1.1\x0bxmpp-client") == "xmpp-client");
    CHECK(try_with("\x08http/1.1") == "http/1.1");
    CHECK(try_with("\x02h2\x03"
                   "ftp") == "refused");
    Client without;
    REQUIRE(without.dial(server.address()));
    CHECK(without.echoes());
    CHECK(server.last().info.alpn == "");
    CHECK(server.last().info.sni == "chancery.test");
    CHECK(server.last().info.protocol == "TLSv1.3");
}

TEST_CASE("OldVersionsAndCiphersWithoutForwardSecrecyOrAeadAreRefused") {
    TwoShards server(options_of(second()));  // RSA, so that RSA key exchange would be possible
    const auto refuses = [&](int version, const char* ciphers) {
        Client client;
        SSL_CTX_set_min_proto_version(client.context(), version);
        SSL_CTX_set_max_proto_version(client.context(), version);
        REQUIRE(SSL_CTX_set_cipher_list(client.context(), ciphers) == 1);
        return !client.dial(server.address());
    };
    CHECK(refuses(TLS1_1_VERSION, "ALL:@SECLEVEL=0"));
    CHECK(refuses(TLS1_VERSION, "ALL:@SECLEVEL=0"));
    CHECK(refuses(TLS1_2_VERSION, "kRSA"));
    CHECK(refuses(TLS1_2_VERSION, "DHE+AESGCM"));
    CHECK(refuses(TLS1_2_VERSION, "ECDHE-RSA-AES128-SHA256:ECDHE-RSA-AES256-SHA"));
    CHECK_FALSE(refuses(TLS1_2_VERSION, "ECDHE-RSA-AES128-GCM-SHA256"));
}

TEST_CASE("ARenegotiationIsRefused") {
    TwoShards server(options_of(first()));
    Client client;
    SSL_CTX_set_max_proto_version(client.context(), TLS1_2_VERSION);
    REQUIRE(client.dial(server.address()));
    CHECK(client.echoes());
    SSL_renegotiate(client.ssl());
    CHECK_FALSE((SSL_do_handshake(client.ssl()) == 1 && client.echoes()));
}

TEST_CASE("AKeyUpdateIsAnsweredAndTheSessionGoesOn") {
    TwoShards server(options_of(first()));
    Client client;
    REQUIRE(client.dial(server.address()));
    for (int i = 0; i < 100; ++i) {
        REQUIRE(SSL_key_update(client.ssl(), SSL_KEY_UPDATE_REQUESTED) == 1);
        CHECK(client.echoes());
    }
}

TEST_CASE("TheKeysOfTheKeyExchangeAreEmptiedAndTheSessionGoesOn") {
    TwoShards server(options_of(first()));
    for (const int version : {TLS1_3_VERSION, TLS1_2_VERSION}) {
        Client client;
        SSL_CTX_set_max_proto_version(client.context(), version);
        REQUIRE(client.dial(server.address()));
        const auto is_known = [&] {
            EVP_PKEY* key = nullptr;
            unsigned char share[64];
            std::size_t size = sizeof share;
            const bool known = SSL_get_peer_tmp_key(client.ssl(), &key) && EVP_PKEY_get_raw_public_key(key, share, &size) == 1;
            EVP_PKEY_free(key);
            return known;
        };
        CHECK(is_known());
        forget_key_shares(client.ssl());
        CHECK_FALSE(is_known());
        CHECK(client.echoes());
        CHECK(server.last().exporter == channel_binding_exporter(client.ssl()));
        if (version == TLS1_3_VERSION) CHECK(SSL_key_update(client.ssl(), SSL_KEY_UPDATE_REQUESTED) == 1);
        CHECK(client.echoes());
    }
}

TEST_CASE("AClientsCertificateIsDescribedAndJudgedButNotRequired") {
    auto options = options_of(first());
    options.request_client_certificate = true;
    options.client_ca = officer().chain();
    TwoShards server(options);
    const auto present = [&](const test::Certificate* certificate) {
        Client client;
        if (certificate) {
            SSL_CTX_use_certificate_chain_file(client.context(), certificate->chain().c_str());
            SSL_CTX_use_PrivateKey_file(client.context(), certificate->key().c_str(), SSL_FILETYPE_PEM);
        }
        REQUIRE(client.dial(server.address()));
        CHECK(client.echoes());
        if (client.has_ticket()) {
            REQUIRE(client.dial(server.address()));
            CHECK(client.echoes());
            CHECK(server.last().info.resumed);
        }
        return server.last().info.peer;
    };
    const auto known = present(&officer());
    REQUIRE(known);
    CHECK(known->verified);
    CHECK(known->subject == "CN=An Officer");
    CHECK(known->dns_names == std::vector<std::string>{"laptop.test"});
    CHECK(known->xmpp_addresses == std::vector<std::string>{"a@chancery.test"});
    CHECK(known->email_addresses == std::vector<std::string>{"a@chancery.test"});
    CHECK(known->principal_names == std::vector<std::string>{"officer@ad.chancery.test"});
    CHECK(known->der.size() > 200);

    const auto stranger = present(&second());
    REQUIRE(stranger);
    CHECK_FALSE(stranger->verified);
    CHECK_FALSE(stranger->verify_error.empty());
    CHECK_FALSE(present(nullptr));
}

TEST_CASE("FilesThatCannotBeUsedAreNamed") {
    const auto complaint = [](const TlsContext::Options& options) -> std::string {
        try {
            TlsContext::server(options);
        } catch (const TlsError& error) {
            return error.what();
        }
        return "none";
    };
    auto options = options_of(first());
    CHECK(complaint(options) == "none");
    options.private_key = second().key();
    CHECK(complaint(options).find(second().key()) != std::string::npos);
    options.certificate_chain = "/nowhere.pem";
    CHECK(complaint(options).find("/nowhere.pem") != std::string::npos);
}

TEST_CASE("TicketKeysRotateAndOpenForTwoPeriods") {
    TicketKeys keys({});
    const auto name_of = [](const TicketKeys::Entry& entry) { return std::string(entry.name.data(), 16); };
    const TicketKeys::Instant start{};
    const auto old_name = name_of(keys.current(start));
    CHECK(name_of(keys.current(start + TicketKeys::seals - 1s)) == old_name);
    CHECK(name_of(keys.current(start + TicketKeys::seals)) != old_name);
    CHECK_FALSE(keys.find(old_name, start + TicketKeys::seals)->is_current);
    CHECK(keys.find(old_name, start + 2 * TicketKeys::seals - 1s));
    CHECK_FALSE(keys.find(old_name, start + 2 * TicketKeys::seals));
}

TEST_CASE("AClientRefusesAServerOfAnotherName") {
    TwoShards server(options_of(first()));
    test::ShardThread home(7);
    const auto dial = [](std::string address, std::string name) -> Task<> {
        auto connection = co_await connect(address, 5s);
        const auto context = TlsContext::client({.ca = first().chain()});
        co_await connection->start_tls_client(context, name, 5s);
    };
    CHECK_NOTHROW(home.run([&] { return dial(server.address(), "chancery.test"); }));
    CHECK_THROWS_AS(home.run([&] { return dial(server.address(), "elsewhere.test"); }), ConnectionLost);
}
