#include "net/record_layer.h"

#include <doctest/doctest.h>
#include <openssl/ssl.h>

#include <numeric>

#include "base/bytes.h"

using namespace chancery;
using namespace chancery::net;
using namespace std::string_literals;
using Event = RecordLayer::Event;

namespace {

std::string hex(std::string_view text) {
    std::string digits;
    for (const char c : text)
        if (c != ' ') digits += c;
    return from_hex(digits).value();
}

// RFC 8448 §3, a handshake with TLS_AES_128_GCM_SHA256.
const std::string client_secret = hex("9e40646ce79a7f9dc05af8889bce6552875afa0b06df0087f792ebb7c17504a5");
const std::string server_secret = hex("a11af9f05531f856ad47116b45a950328204b4f44bfb6b3a4b4f1f3fcb631643");
const std::string fifty = [] {
    std::string bytes(50, '\0');
    std::iota(bytes.begin(), bytes.end(), '\0');
    return bytes;
}();

/// Our side, and a peer that seals whatever the test wants.
struct Session {
    explicit Session(Suite suite = Suite::aes_128_gcm_sha256)
        : secret(secret_size(suite), 's'), layer(suite, secret, secret, 0), peer(suite, secret, 0), peers_view(suite, secret, 0) {}

    RecordLayer::Opened take(ContentType type, std::string_view content) {
        std::string record;
        peer.seal(type, content, record);
        return take(record);
    }
    RecordLayer::Opened take(std::string_view bytes) { return layer.open(bytes, out); }
    /// What the peer finds in the first of the records, which it takes away.
    std::string opened(std::string& records) {
        std::string content(20'000, '\0');
        const auto record = records.substr(0, 5 + (static_cast<unsigned char>(records[3]) << 8 | static_cast<unsigned char>(records[4])));
        const auto size = peers_view.open(record, content.data());
        REQUIRE(size);
        records.erase(0, record.size());
        return content.substr(0, *size);
    }
    /// The alert that the peer is told after a failure; 255: none.
    int alert() {
        std::string records;
        layer.seal_failure(records);
        if (records.empty()) return 255;
        const auto content = opened(records);
        CHECK(records.empty());
        REQUIRE(content.size() == 3);
        CHECK(content[0] == 2);
        CHECK(content[2] == 21);
        return static_cast<unsigned char>(content[1]);
    }

    std::string secret;
    RecordLayer layer;
    TrafficKey peer, peers_view;
    std::array<char, 16 * 1024 + 256> out;
};

std::string key_update(char request) { return {24, 0, 0, 1, request}; }

const auto every_suite = {Suite::aes_128_gcm_sha256, Suite::aes_256_gcm_sha384, Suite::chacha20_poly1305_sha256};

}  // namespace

TEST_CASE("RecordsAreThoseOfRfc8448") {
    TrafficKey client(Suite::aes_128_gcm_sha256, client_secret, 0);
    std::string record;
    client.seal(ContentType::application_data, fifty, record);
    CHECK(to_hex(record) == to_hex(hex("1703030043 a23f7054b62c94d0affafe8228ba55cbefacea42f914aa66bcab3f2b9819a8a5b46b395bd54a9a20441e2b62974e1f5a"
                                       "6292a2977014bd1e3deae63aeebb21694915e4")));
    record.clear();
    client.seal(ContentType::alert, std::string_view("\1\0", 2), record);
    CHECK(to_hex(record) == "1703030013c9872760655666b74d7ff1153efd6db6d0b0e3");
    // The server's first record is its session ticket.
    TrafficKey server(Suite::aes_128_gcm_sha256, server_secret, 1);
    record.clear();
    server.seal(ContentType::application_data, fifty, record);
    CHECK(to_hex(record) == to_hex(hex("1703030043 2e937e11ef4ac740e538ad36005fc4a46932fc3225d05f82aa1b36e30efaf97d90e6dffc602dcb501a59a8fcc49c4bf2"
                                       "e5f0a21c0047c2abf332540dd032e167c2955d")));
}

TEST_CASE("WhatIsSealedIsOpenedUnderEverySuite") {
    for (const auto suite : every_suite) {
        Session session(suite);
        for (const std::size_t size : {1, 15, 16, 17, 1'000, 16'384}) {
            const std::string text(size, 'x');
            const auto taken = session.take(ContentType::application_data, text);
            CHECK(taken.event == Event::data);
            CHECK(taken.size == size);
            CHECK(std::string_view(session.out.data(), taken.size) == text);
            std::string records;
            session.layer.seal(text, records);
            CHECK(session.opened(records) == text + '\x17');
        }
    }
}

TEST_CASE("SessionsInTurnOnOneThreadKeepTheirKeysApart") {
    Session one, other(Suite::aes_256_gcm_sha384), third;
    third.layer.seal("x", third.secret);
    for (int i = 0; i < 5; ++i)
        for (auto* session : {&one, &other, &one}) {
            CHECK(session->take(ContentType::application_data, "hello").event == Event::data);
            CHECK(std::string_view(session->out.data(), 5) == "hello");
        }
}

TEST_CASE("RecordsMayComeByteByByteOrTogether") {
    Session session;
    std::string records;
    session.peer.seal(ContentType::application_data, "one", records);
    const auto first = records.size();
    session.peer.seal(ContentType::application_data, "two", records);
    for (std::size_t i = 0; i < first; ++i) {
        CHECK_FALSE(RecordLayer::is_complete(std::string_view(records).substr(0, i)));
        CHECK(session.take(std::string_view(records).substr(0, i)).event == Event::incomplete);
    }
    CHECK(RecordLayer::is_complete(records));
    CHECK(session.take(records).consumed == first);
    CHECK(session.take(std::string_view(records).substr(first)).event == Event::data);
    CHECK(std::string_view(session.out.data(), 3) == "two");
}

TEST_CASE("PaddingIsTakenAway") {  // RFC 8446 §5.4
    Session session;
    // Content that ends with a type of its own and zeros is what a padded record looks like inside.
    const auto taken = session.take(ContentType(0), std::string("hello\x17") + std::string(300, '\0'));
    CHECK(taken.event == Event::data);
    CHECK(std::string_view(session.out.data(), taken.size) == "hello");
}

TEST_CASE("WhatDoesNotFitIsLeftForLater") {
    Session session;
    std::string record;
    session.peer.seal(ContentType::application_data, "hello", record);
    CHECK(session.layer.open(record, std::span(session.out).first(5)).event == Event::no_room);
    CHECK(session.layer.open(record, std::span(session.out).first(6)).event == Event::data);
}

TEST_CASE("AnyChangedBitEndsIt") {  // RFC 8446 §5.2
    std::string record;
    Session().peer.seal(ContentType::application_data, "hello", record);
    for (std::size_t bit = 0; bit < record.size() * 8; ++bit) {
        auto changed = record;
        changed[bit / 8] ^= static_cast<char>(1 << bit % 8);
        Session session;
        const auto event = session.take(changed).event;
        const bool length = bit / 8 == 3 || bit / 8 == 4;  // a longer record has not come yet
        CHECK((event == Event::failed || (length && event == Event::incomplete)));
        if (bit / 8 > 4) CHECK(session.alert() == 20);
    }
}

TEST_CASE("ARecordCountsOnceAndInItsPlace") {  // RFC 8446 §5.3
    Session session;
    std::string first, second;
    session.peer.seal(ContentType::application_data, "first", first);
    session.peer.seal(ContentType::application_data, "second", second);
    SUBCASE("again") {
        CHECK(session.take(first).event == Event::data);
        CHECK(session.take(first).event == Event::failed);
    }
    SUBCASE("too early") { CHECK(session.take(second).event == Event::failed); }
    CHECK(session.alert() == 20);
}

TEST_CASE("RecordsThatNoPeerSendsEndItWithTheirAlert") {
    Session session;
    const auto alert_for = [&](std::string_view bytes) {
        CHECK(RecordLayer::is_complete(bytes));  // there is nothing to wait for
        CHECK(session.take(bytes).event == Event::failed);
        return session.alert();
    };
    SUBCASE("in the plain") { CHECK(alert_for("\x15\x03\x03\x00\x02\x01\x00"s) == 10); }
    SUBCASE("change_cipher_spec") { CHECK(alert_for("\x14\x03\x03\x00\x01\x01"s) == 10); }
    SUBCASE("http") { CHECK(alert_for("GET / HTTP/1.1") == 10); }
    SUBCASE("too long") { CHECK(alert_for("\x17\x03\x03\x41\x01"s) == 22); }
    SUBCASE("nothing but a tag") { CHECK(alert_for("\x17\x03\x03\x00\x10"s + std::string(16, 'x')) == 50); }
}

TEST_CASE("ContentThatNoPeerSendsEndsItWithItsAlert") {
    Session session;
    const auto alert_for = [&](ContentType type, std::string_view content) {
        CHECK(session.take(type, content).event == Event::failed);
        return session.alert();
    };
    SUBCASE("padding only") { CHECK(alert_for(ContentType(0), "\0\0\0"s) == 10); }
    SUBCASE("an unknown type") { CHECK(alert_for(ContentType(99), "x") == 10); }
    SUBCASE("change_cipher_spec") { CHECK(alert_for(ContentType::change_cipher_spec, "\1") == 10); }
    SUBCASE("an empty handshake message") { CHECK(alert_for(ContentType::handshake, "") == 10); }
    SUBCASE("a handshake message") { CHECK(alert_for(ContentType::handshake, "\x04\0\0\x01x"s) == 10); }
    SUBCASE("a key update with something behind it") { CHECK(alert_for(ContentType::handshake, key_update(0) + "x") == 10); }
    SUBCASE("a key update of another length") { CHECK(alert_for(ContentType::handshake, "\x18\0\0\x02\0"s) == 50); }
    SUBCASE("a key update that says 2") { CHECK(alert_for(ContentType::handshake, key_update(2)) == 47); }
    SUBCASE("an empty alert") { CHECK(alert_for(ContentType::alert, "") == 10); }
    SUBCASE("half an alert") { CHECK(alert_for(ContentType::alert, "\1") == 50); }
    SUBCASE("the peer's alert is not answered") { CHECK(alert_for(ContentType::alert, "\2\x14") == 255); }
    SUBCASE("too much") {
        std::string record;
        session.peer.seal(ContentType::application_data, std::string(16'385, 'x'), record);
        CHECK(session.take(record).event == Event::failed);
        CHECK(session.alert() == 22);
    }
    SUBCASE("data between the halves of a message") {
        CHECK(session.take(ContentType::handshake, "\x18").event == Event::none);
        CHECK(alert_for(ContentType::application_data, "x") == 10);
    }
    SUBCASE("an alert between the halves of a message") {
        CHECK(session.take(ContentType::handshake, "\x18").event == Event::none);
        CHECK(alert_for(ContentType::alert, "\1\0"s) == 10);
    }
}

TEST_CASE("CloseNotifyIsTheEnd") {  // RFC 8446 §6.1
    Session session;
    CHECK(session.take(ContentType::alert, "\1\x5a"s).event == Event::none);  // user_canceled
    CHECK(session.take(ContentType::alert, "\1\0"s).event == Event::closed);
    std::string records;
    session.layer.seal_close_notify(records);
    CHECK(session.opened(records) == "\1\0\x15"s);
}

TEST_CASE("TheClientsKeyUpdateIsFollowedAndAnsweredWhenAsked") {  // RFC 8446 §4.6.3
    for (const auto suite : every_suite) {
        for (const bool asked : {false, true}) {
            Session session(suite);
            for (int generation = 0; generation < 3; ++generation) {
                CHECK(session.take(ContentType::handshake, key_update(asked)).event == Event::none);
                session.peer.update();
                CHECK(session.take(ContentType::application_data, "hello").event == Event::data);
                std::string records;
                session.layer.seal("answer", records);
                if (asked) {
                    CHECK(session.opened(records) == key_update(0) + '\x16');
                    session.peers_view.update();
                }
                CHECK(session.opened(records) == "answer\x17");
                CHECK(records.empty());
            }
        }
    }
}

TEST_CASE("AKeyUpdateAskedForOftenIsOwedOnce") {
    Session session;
    for (int i = 0; i < 10; ++i) {
        CHECK(session.take(ContentType::handshake, key_update(1)).event == Event::none);
        session.peer.update();
    }
    std::string records;
    session.layer.seal("x", records);
    CHECK(session.opened(records) == key_update(0) + '\x16');
    session.peers_view.update();
    CHECK(session.opened(records) == "x\x17");
    CHECK(records.empty());
}

TEST_CASE("AKeyUpdateMayComeInParts") {  // RFC 8446 §5.1
    Session session;
    for (const char byte : key_update(0)) CHECK(session.take(ContentType::handshake, {&byte, 1}).event == Event::none);
    session.peer.update();
    CHECK(session.take(ContentType::application_data, "hello").event == Event::data);
}

TEST_CASE("RecordsThatSayNothingAreNotTakenForEver") {
    Session session;
    for (int i = 0; i < 32; ++i) CHECK(session.take(ContentType::application_data, "").event == Event::none);
    CHECK(session.take(ContentType::application_data, "x").event == Event::data);
    for (int i = 0; i < 32; ++i) {
        CHECK(session.take(ContentType::handshake, key_update(0)).event == Event::none);
        session.peer.update();
    }
    CHECK(session.take(ContentType::handshake, key_update(0)).event == Event::failed);
    CHECK(session.alert() == 10);
}

TEST_CASE("KeysAreChangedBeforeTheyAreWornOut") {  // RFC 8446 §5.5
    constexpr std::uint64_t limit = std::uint64_t(1) << 24;
    const std::string secret(32, 's');
    RecordLayer layer(Suite::aes_128_gcm_sha256, secret, secret, limit - 1);
    TrafficKey peers_view(Suite::aes_128_gcm_sha256, secret, limit - 1);
    std::string records, content(100, '\0');
    layer.seal("x", records);
    CHECK(peers_view.open(records, content.data()) == 2);
    records.clear();
    layer.seal("y", records);
    constexpr std::size_t update_size = 5 + 5 + 1 + 16;
    CHECK(peers_view.open(std::string_view(records).substr(0, update_size), content.data()) == 6);
    peers_view.update();
    CHECK(peers_view.open(std::string_view(records).substr(update_size), content.data()) == 2);
    CHECK(content.starts_with("y\x17"));
}
