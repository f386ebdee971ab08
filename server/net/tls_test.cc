#include "net/tls.h"

#include <doctest/doctest.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <fstream>

#include "base/crypto.h"
#include "net/listener.h"
#include "net/ticket_keys.h"
#include "support/certificate.h"
#include "support/shard_thread.h"
#include "support/tls_peers.h"

using namespace chancery;
using namespace chancery::net;
using chancery::test::Client;
using chancery::test::options_of;
using chancery::test::TwoShards;

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

}  // namespace

TLS_TEST_CASE("TicketsResumeOnEveryShard") {
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

TLS_TEST_CASE("ANewCertificateServesNewConnectionsWhileOldOnesLiveOn") {
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

TLS_TEST_CASE("ATicketIsNotGoodUnderAnotherClientAuthority") {
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

TLS_TEST_CASE("ChannelBindingsAreTheSameOnBothSides") {
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
            CHECK(server.last().bindings.exporter.size() == 32);
            CHECK(server.last().bindings.exporter == channel_bindings(client.ssl()).exporter);
            CHECK(server.last().bindings.server_end_point == binding_of("SHA256", client.ssl()));
            CHECK(server.last().bindings.server_end_point == channel_bindings(client.ssl()).server_end_point);
        }
        Client without_extended_master_secret;
        SSL_CTX_set_max_proto_version(without_extended_master_secret.context(), TLS1_2_VERSION);
        SSL_CTX_set_options(without_extended_master_secret.context(), SSL_OP_NO_EXTENDED_MASTER_SECRET);
        REQUIRE(without_extended_master_secret.dial(server.address()));
        CHECK(without_extended_master_secret.echoes());
        CHECK(server.last().bindings.exporter.empty());
        CHECK_FALSE(server.last().bindings.server_end_point.empty());
    }
}

TLS_TEST_CASE("AlpnPrefersTheServersOrderAndRefusesForeignProtocols") {
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

TLS_TEST_CASE("OldVersionsAndCiphersWithoutForwardSecrecyOrAeadAreRefused") {
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

TLS_TEST_CASE("ARenegotiationIsRefused") {
    TwoShards server(options_of(first()));
    Client client;
    SSL_CTX_set_max_proto_version(client.context(), TLS1_2_VERSION);
    REQUIRE(client.dial(server.address()));
    CHECK(client.echoes());
    SSL_renegotiate(client.ssl());
    CHECK_FALSE((SSL_do_handshake(client.ssl()) == 1 && client.echoes()));
}

TLS_TEST_CASE("AKeyUpdateIsAnsweredAndTheSessionGoesOn") {
    TwoShards server(options_of(first()));
    Client client;
    REQUIRE(client.dial(server.address()));
    for (int i = 0; i < 100; ++i) {
        REQUIRE(SSL_key_update(client.ssl(), SSL_KEY_UPDATE_REQUESTED) == 1);
        CHECK(client.echoes());
    }
}

TLS_TEST_CASE("TheKeysOfTheKeyExchangeAreEmptiedAndTheSessionGoesOn") {
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
        CHECK(server.last().bindings.exporter == channel_bindings(client.ssl()).exporter);
        if (version == TLS1_3_VERSION) CHECK(SSL_key_update(client.ssl(), SSL_KEY_UPDATE_REQUESTED) == 1);
        CHECK(client.echoes());
    }
}

TLS_TEST_CASE("AClientsCertificateIsDescribedAndJudgedButNotRequired") {
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

TLS_TEST_CASE("FilesThatCannotBeUsedAreNamed") {
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

TLS_TEST_CASE("TicketKeysRotateAndOpenForTwoPeriods") {
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

TLS_TEST_CASE("AClientRefusesAServerOfAnotherName") {
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
