#include "net/http_reader.h"

#include <doctest/doctest.h>

using namespace chancery::net;
using Event = HttpReader::Event;

namespace {

/// What the reader makes of the bytes, given `step` at a time.
std::string trace(std::string_view bytes, std::size_t step) {
    HttpReader reader;
    std::string seen, body;
    while (true) {
        switch (reader.next()) {
            case Event::head: {
                const auto request = reader.take_request();
                seen += request.method + " " + request.path + "?" + request.query + " @" + request.host;
                seen += request.keeps_alive ? " keeps" : " closes";
                if (request.has_body) seen += " body";
                for (const auto& [name, value] : request.fields)
                    if (name.starts_with("X")) seen += " " + name + "=" + value;
                break;
            }
            case Event::piece: body += reader.piece(); break;
            case Event::end:
                seen += " [" + body + "]\n";
                body.clear();
                break;
            case Event::fault: return seen + std::to_string(reader.fault().status);
            case Event::need_more: {
                if (bytes.empty()) return seen;
                const std::string part(bytes.substr(0, step));  // of its own, so that reading beyond it is seen
                reader.feed(part);
                bytes.remove_prefix(part.size());
            }
        }
    }
}

std::string trace(std::string_view bytes) {
    const auto whole = trace(bytes, bytes.size());
    for (const std::size_t step : {1, 2, 3, 7}) CHECK(trace(bytes, step) == whole);
    return whole;
}

std::string with_fields(std::string_view fields) { return trace("GET / HTTP/1.1\r\nHost: a\r\n" + std::string(fields) + "\r\n"); }

}  // namespace

TEST_CASE("ARequestIsReadHoweverItsBytesAreCut") {
    CHECK(trace("GET /a/b%20c?d=e HTTP/1.1\r\nHost: post.example:8443\r\nX-One:  two \r\n\r\n") ==
          "GET /a/b c?d=e @post.example:8443 keeps X-One=two []\n");
    CHECK(trace("POST / HTTP/1.1\r\nHost: [::1]:1\r\nContent-Length: 5\r\n\r\nhello") == "POST /? @[::1]:1 keeps body [hello]\n");
    CHECK(trace("GET https://b/c HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n") == "GET /c? @b closes []\n");
    CHECK(trace("GET / HTTP/1.0\r\n\r\n") == "GET /? @ closes []\n");
}

TEST_CASE("RequestsThatFollowEachOtherAtOnceAreToldApart") {
    CHECK(trace("POST /1 HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nab\r\nGET /2 HTTP/1.1\r\nHost: a\r\n\r\nGET /3 HTTP/1.1\r\nHost: a\r\n\r\n") ==
          "POST /1? @a keeps body [ab]\nGET /2? @a keeps []\nGET /3? @a keeps []\n");
}

TEST_CASE("EmptyLinesBeforeARequestAreIgnoredHoweverTheyAreCut") {  // RFC 9112 §2.2
    CHECK(trace("\r\n\r\nGET /1 HTTP/1.1\r\nHost: a\r\n\r\n\r\n\r\nGET /2 HTTP/1.1\r\nHost: a\r\n\r\n") ==
          "GET /1? @a keeps []\nGET /2? @a keeps []\n");
}

TEST_CASE("WhatTwoReadersCouldUnderstandDifferentlyIsRefused") {
    CHECK(with_fields("Content-Length: 1\r\nTransfer-Encoding: chunked\r\n") == "400");
    CHECK(with_fields("Content-Length: 1\r\nContent-Length: 1\r\n") == "400");
    CHECK(with_fields("Content-Length: 1, 1\r\n") == "400");
    CHECK(with_fields("Content-Length: +1\r\n") == "400");
    CHECK(with_fields("Content-Length: 18446744073709551616\r\n") == "400");
    CHECK(with_fields("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n") == "400");
    CHECK(with_fields("Transfer-Encoding: gzip, chunked\r\n") == "501");
    CHECK(with_fields("Transfer-Encoding: xchunked\r\n") == "501");
    CHECK(with_fields("Transfer-Encoding : chunked\r\n") == "400");
    CHECK(with_fields("X: a\r\n b\r\n") == "400");
    CHECK(with_fields(" X: a\r\n") == "400");
    CHECK(with_fields("X: a\nY: b\r\n") == "400");
    CHECK(with_fields("X: a\rb\r\n") == "400");
    CHECK(with_fields(std::string_view("X: a\0b\r\n", 8)) == "400");
    CHECK(with_fields("X y: a\r\n") == "400");
    CHECK(with_fields("X\r\n") == "400");
    CHECK(with_fields(": x\r\n") == "400");
    CHECK(with_fields("Host: a\r\n") == "400");
    CHECK(trace("GET / HTTP/1.1\r\n\r\n") == "400");
    CHECK(trace("POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n") == "400");
}

TEST_CASE("ABodyInChunksIsRefusedBeforeBoostReadsIt") {
    CHECK(trace("PUT / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\najc\r\n1;x=y\r\nde;\r\n0\r\nT: u\r\n\r\n") == "411");
    CHECK(with_fields("Transfer-Encoding: Chunked\r\n") == "411");
}

TEST_CASE("AnAddressIsOneOrIsRefused") {
    const auto get = [](std::string_view target, std::string_view host = "a") {
        return trace("GET " + std::string(target) + " HTTP/1.1\r\nHost: " + std::string(host) + "\r\n\r\n");
    };
    for (const auto* bad : {"a", "/../x", "/a/./b", "/a//b", "/%2e%2e/x", "/a%00", "/%", "/%zz", "/a\\b", "/#a", "/a%0ab", "ftp://a/"}) {
        CAPTURE(bad);
        CHECK(get(bad) == "400");
    }
    for (const auto* bad : {"", "a b", "a/b", "a:", "a:123456", "a@b", "[::1", "[]", "a,b"}) {
        CAPTURE(bad);
        CHECK(get("/", bad) == "400");
    }
    CHECK(get("/a/") == "GET /a/? @a keeps []\n");
}

TEST_CASE("OtherVersionsAndHeadsWithoutEndAreRefused") {
    CHECK(trace("GET / HTTP/2.0\r\nHost: a\r\n\r\n") == "505");
    CHECK(trace("GET /\r\n\r\n") == "400");
    CHECK(trace("hello\r\n\r\n") == "400");
    CHECK(with_fields("X: " + std::string(HttpReader::head_limit, 'x') + "\r\n") == "431");
    CHECK(trace("GET /" + std::string(HttpReader::head_limit, 'x') + " HTTP/1.1\r\n") == "414");
    std::string many;
    for (std::size_t i = 0; i < HttpReader::most_fields; ++i) many += "X: y\r\n";
    CHECK(with_fields(many) == "431");
}
