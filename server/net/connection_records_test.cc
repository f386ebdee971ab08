// What a client of another hand may do after the handshake, whoever keeps the session then.
#include <doctest/doctest.h>

#include "support/tls_peers.h"

using namespace chancery;
using namespace chancery::net;
using chancery::test::Client;
using chancery::test::TwoShards;

namespace {

TlsContext::Options options() {
    static const test::Certificate made("chancery.test", "DNS:chancery.test");
    return test::options_of(made);
}

}  // namespace

TLS_TEST_CASE("TheClientsKeyUpdatesAreFollowedAndAnswered") {  // RFC 8446 §4.6.3
    TwoShards server(options());
    Client client;
    REQUIRE(client.dial(server.address()));
    for (const int kind : {SSL_KEY_UPDATE_REQUESTED, SSL_KEY_UPDATE_NOT_REQUESTED, SSL_KEY_UPDATE_REQUESTED}) {
        CHECK(client.echoes());
        CHECK(SSL_key_update(client.ssl(), kind) == 1);
        CHECK(client.echoes());
    }
}

TLS_TEST_CASE("EveryCipherSuiteServes") {
    TwoShards server(options());
    for (const auto* suite : {"TLS_AES_128_GCM_SHA256", "TLS_AES_256_GCM_SHA384", "TLS_CHACHA20_POLY1305_SHA256"}) {
        Client client;
        SSL_CTX_set_ciphersuites(client.context(), suite);
        for (int i = 0; i < 2; ++i) {  // the second is resumed
            REQUIRE(client.dial(server.address()));
            CHECK(client.echoes());
            CHECK(server.last().info.cipher == suite);
            CHECK(server.last().info.resumed == (i == 1));
        }
    }
}

TLS_TEST_CASE("AGroupThatTheServerHasToAskForServes") {  // RFC 8446 §4.1.4, HelloRetryRequest
    TwoShards server(options());
    Client client;
    SSL_CTX_set1_groups_list(client.context(), "X448:P-384");
    REQUIRE(client.dial(server.address()));
    CHECK(client.echoes());
}

TLS_TEST_CASE("AClientThatWantsSmallFragmentsHasThem") {  // RFC 6066 §4
    TwoShards server(options());
    Client client;
    SSL_CTX_set_tlsext_max_fragment_length(client.context(), TLSEXT_max_fragment_length_512);
    for (int i = 0; i < 2; ++i) {
        REQUIRE(client.dial(server.address()));
        CHECK(client.echoes());
        CHECK_FALSE(server.last().left_library);
    }
}

TLS_TEST_CASE("LibsslIsLetGoOfAfterAHandshakeOfTls13") {
    TwoShards server(options());
    for (const int version : {TLS1_3_VERSION, TLS1_2_VERSION}) {
        Client client;
        SSL_CTX_set_max_proto_version(client.context(), version);
        REQUIRE(client.dial(server.address()));
        CHECK(client.echoes());
        CHECK(server.last().left_library == (test::compact && version == TLS1_3_VERSION));
    }
}

TLS_TEST_CASE("WhatComesTogetherWithTheEndOfTheHandshakeIsRead") {
    TwoShards server(options());
    for (const std::size_t piece : {1UL << 20, 1UL}) {  // everything in one segment; each byte by itself
        Client client;
        client.dial_and_say(server.address(), "hello", piece);
        CHECK(client.hear(5) == "hello");
        CHECK(client.echoes());
    }
}

TLS_TEST_CASE("AClientThatGoesInTheMiddleOfARecordIsGone") {
    TwoShards server(options());
    Client client;
    REQUIRE(client.dial(server.address()));
    CHECK(client.echoes());
    client.send("\x17\x03\x03\x01 half a record");
    client.hang_up();
    REQUIRE(client.dial(server.address()));
    CHECK(client.echoes());
}

TLS_TEST_CASE("ARecordThatTheClientHasNotSealedEndsTheConnectionWithAnAlert") {
    TwoShards server(options());
    Client client;
    REQUIRE(client.dial(server.address()));
    CHECK(client.echoes());
    client.send(std::string("\x17\x03\x03\0\x14", 5) + std::string(20, 'x'));
    CHECK(client.alert_heard() == SSL_AD_BAD_RECORD_MAC);
}
