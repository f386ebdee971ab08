#include "s2s/dns_message.h"

#include <doctest/doctest.h>

#include "base/bytes.h"

using namespace chancery;
using namespace chancery::s2s;

namespace {

std::string number(std::uint16_t value) { return {static_cast<char>(value >> 8), static_cast<char>(value)}; }

std::string message(std::uint16_t flags, std::uint16_t answers, const std::string& rest) {
    auto question = dns_question("a.example", DnsKind::srv, 7);
    return question.substr(0, 2) + number(flags) + number(1) + number(answers) + number(0) + number(0) + question.substr(12) + rest;
}

/// A record whose owner is the question's name.
std::string record(DnsKind kind, const std::string& data) {
    return "\xC0\x0C" + number(static_cast<std::uint16_t>(kind)) + number(1) + std::string(4, '\0') + number(static_cast<std::uint16_t>(data.size())) + data;
}

const std::string host = std::string("\1h\1a\7example\0", 13);
constexpr std::uint16_t good = 0x8180, validated = 0x81A0;

}  // namespace

TEST_CASE("AQuestionAsksWhetherTheAnswerIsValidated") {
    CHECK(to_hex(dns_question("a.example", DnsKind::tlsa, 0x1234)) == "123401200001000000000000016107657861" "6d706c650000340001");
    CHECK(dns_question("", DnsKind::a, 1).empty());
    CHECK(dns_question("a..example", DnsKind::a, 1).empty());
    CHECK(dns_question(std::string(64, 'a'), DnsKind::a, 1).empty());
    CHECK(dns_question(std::string(300, 'a'), DnsKind::a, 1).empty());
}

TEST_CASE("EachKindOfRecordIsRead") {
    const auto read = DnsMessage::parse(message(validated, 4,
        record(DnsKind::srv, number(10) + number(20) + number(5269) + host) + record(DnsKind::a, std::string("\x7F\0\0\1", 4)) +
        record(DnsKind::aaaa, std::string(15, '\0') + "\1") + record(DnsKind::tlsa, "\3\1\1" + std::string(32, 'x'))));
    REQUIRE(read);
    CHECK(read->is_validated);
    REQUIRE(read->services.size() == 1);
    CHECK(read->services[0].host == "h.a.example");
    CHECK(read->services[0].port == 5269);
    CHECK(read->services[0].priority == 10);
    CHECK(read->services[0].weight == 20);
    CHECK(read->addresses == std::vector<std::string>{"127.0.0.1", "[::1]"});
    CHECK(read->certificates == std::vector<net::TlsaRecord>{{3, 1, 1, std::string(32, 'x')}});
}

TEST_CASE("ACompressedNameIsRead") {
    const auto read = DnsMessage::parse(message(good, 1, record(DnsKind::srv, number(0) + number(0) + number(1) + "\1h\xC0\x0C")));
    REQUIRE(read);
    CHECK_FALSE(read->is_validated);
    CHECK(read->services.at(0).host == "h.a.example");
}

TEST_CASE("NoSuchNameIsAnAnswerAndAFailureIsNot") {
    CHECK_FALSE(DnsMessage::parse(message(0x8183, 0, ""))->has_failed);
    CHECK(DnsMessage::parse(message(0x8182, 0, ""))->has_failed);
    CHECK(DnsMessage::parse(message(0x8185, 0, ""))->has_failed);
}

TEST_CASE("WhatIsNoAnswerIsNotRead") {
    const auto service = number(0) + number(0) + number(1);
    CHECK_FALSE(DnsMessage::parse(""));
    CHECK_FALSE(DnsMessage::parse(dns_question("a.example", DnsKind::srv, 7)));                        // a question
    CHECK_FALSE(DnsMessage::parse(message(good | 0x0200, 0, "")));                                     // cut off
    CHECK_FALSE(DnsMessage::parse(message(good, 2, record(DnsKind::a, "1234"))));                      // fewer than it says
    CHECK_FALSE(DnsMessage::parse(message(good, 1, record(DnsKind::srv, service + "\xC0\x2D"))));      // a pointer at itself
    CHECK_FALSE(DnsMessage::parse(message(good, 1, record(DnsKind::srv, service + "\xC0\xFF"))));      // and forward
    CHECK_FALSE(DnsMessage::parse(message(good, 1, record(DnsKind::srv, service + host + "x"))));      // bytes after the name
    CHECK_FALSE(DnsMessage::parse(message(good, 1, record(DnsKind::srv, service + std::string("\3a\0b\0", 5)))));
    CHECK_FALSE(DnsMessage::parse(message(good, 1, record(DnsKind::srv, service + std::string("\3a.b\0", 5)))));
    CHECK_FALSE(DnsMessage::parse(message(good, 1, record(DnsKind::srv, service + "\x80"))));
    std::string long_name;
    for (int i = 0; i < 64; ++i) long_name += "\3abc";
    CHECK_FALSE(DnsMessage::parse(message(good, 1, record(DnsKind::srv, service + long_name + '\0'))));
}

TEST_CASE("EveryBeginningOfAnAnswerIsRefused") {
    const auto whole = message(good, 2, record(DnsKind::srv, number(0) + number(0) + number(1) + host) + record(DnsKind::tlsa, "\3\1\1" "abc"));
    REQUIRE(DnsMessage::parse(whole));
    for (std::size_t size = 0; size < whole.size(); ++size) CHECK_FALSE(DnsMessage::parse(whole.substr(0, size)));
}

TEST_CASE("RecordsOfAnImpossibleSizeAndBeyondTheLimitAreLeftOut") {
    auto read = DnsMessage::parse(message(good, 3, record(DnsKind::a, "12345") + record(DnsKind::aaaa, "1") + record(DnsKind::tlsa, "\3\1")));
    REQUIRE(read);
    CHECK(read->addresses.empty());
    CHECK(read->certificates.empty());
    std::string many;
    for (int i = 0; i < 100; ++i) many += record(DnsKind::a, "1234");
    CHECK(DnsMessage::parse(message(good, 100, many))->addresses.size() == DnsMessage::most_records);
}
