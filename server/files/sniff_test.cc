#include "files/sniff.h"

#include <doctest/doctest.h>

#include <string>

using namespace chancery::files;
using namespace std::string_view_literals;

TEST_CASE("AFileIsWhatItsBytesSay") {
    CHECK(sniff("\x89PNG\r\n\x1a\n...") == "image/png");
    CHECK(sniff("\xff\xd8\xff\xe0...") == "image/jpeg");
    CHECK(sniff("RIFF....WEBPVP8 ") == "image/webp");
    CHECK(sniff("\0\0\0\x18" "ftypM4A ...."sv) == "audio/mp4");
    CHECK(sniff("\0\0\0\x18" "ftypisom...."sv) == "video/mp4");
    CHECK(sniff("%PDF-1.7") == "application/pdf");
    CHECK(sniff("MZ\x90") == "application/vnd.microsoft.portable-executable");
    CHECK(sniff("#!/bin/sh\n") == "text/x-script");
    CHECK(sniff("#!AMR\n") == "audio/amr");
    CHECK(sniff("") == "text/plain");
    CHECK(sniff("caf\xc3\xa9\n") == "text/plain");
    CHECK(sniff("\xef\xbb\xbf" "caf\xc3\xa9") == "text/plain");
    CHECK(sniff("caf\xe9\n") == "application/octet-stream");
    CHECK(sniff("a\0b"sv) == "application/octet-stream");
    CHECK(sniff("\x1b[31mred") == "application/octet-stream");
}

TEST_CASE("WhatABrowserCouldRunIsKnownAndNeverShown") {
    for (const auto* page : {"<html>", "  \n<!DOCTYPE HTML>", "\xef\xbb\xbf<html>", "<ScRiPt>", "hello <script src=x>", "<iframe src=x>"}) {
        CHECK_MESSAGE(sniff(page) == "text/html", page);
        CHECK_FALSE(may_be_shown(sniff(page)));
        CHECK(type_to_send(sniff(page)) == "application/octet-stream");
    }
    for (const auto* drawing : {"<svg onload='x'>", "<?xml version='1.0'?><svg>", "<!-- -->\n<svg>"}) {
        CHECK_MESSAGE(sniff(drawing) == "image/svg+xml", drawing);
        CHECK_FALSE(may_be_shown(sniff(drawing)));
        CHECK(type_to_send(sniff(drawing)) == "application/octet-stream");
    }
    CHECK(sniff("<?xml version='1.0'?><rss>") == "application/xml");
    CHECK(type_to_send("text/x-script") == "application/octet-stream");
    CHECK(type_to_send("text/plain") == "text/plain; charset=utf-8");
    CHECK(may_be_shown("image/png"));
    CHECK_FALSE(may_be_shown("application/zip"));
}

TEST_CASE("ACharacterThatIsCutAtTheEndOfWhatIsLookedAtIsText") {
    std::string text(sniffed_bytes - 1, 'a');
    CHECK(sniff(text + "\xc3\xa9") == "text/plain");
    CHECK(sniff("cut \xc3") == "application/octet-stream");
}

TEST_CASE("APatternIsATypeOrAllOfItsKind") {
    CHECK(is_like("text/html", "text/html"));
    CHECK_FALSE(is_like("text/html5", "text/html"));
    CHECK(is_like("video/mp4", "video/*"));
    CHECK_FALSE(is_like("image/png", "video/*"));
}
