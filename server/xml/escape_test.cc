#include "xml/escape.h"

#include <doctest/doctest.h>

#include "xml/chars.h"

using namespace chancery::xml;

TEST_CASE("TextIsEscapedForItsPlace") {
    CHECK(escape("a<b>&\"'\t\n") == "a&lt;b&gt;&amp;&quot;&apos;\t\n");
    CHECK(escape("\r\n\t", Place::attribute) == "&#xD;&#xA;&#x9;");
    CHECK(escape("\r") == "&#xD;");
    CHECK(escape("") == "");
    CHECK(escape("\xC3\xA9\xF0\x9F\x98\x80") == "\xC3\xA9\xF0\x9F\x98\x80");
}

TEST_CASE("WhatXmlCannotCarryBecomesTheReplacementCharacter") {
    CHECK(escape(std::string_view("a\0b\x1F", 4)) ==
          "a\xEF\xBF\xBD"
          "b\xEF\xBF\xBD");
    CHECK(escape("\xC3") == "\xEF\xBF\xBD");
    CHECK(escape("\xC3(") == "\xEF\xBF\xBD(");
    CHECK(escape("\xED\xA0\x80") == "\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD");
    CHECK(escape("\xEF\xBF\xBE") == "\xEF\xBF\xBD");
}

TEST_CASE("EscapingIsUndoneByReading") {
    std::string all;
    for (char32_t c = 0; c <= 0x10FFFF; c += c < 0x3000 ? 1 : 97)
        if (is_xml_char(c)) append_utf8(all, c);
    for (const auto place : {Place::text, Place::attribute}) {
        std::string back;
        append_unescaped(back, escape(all, place), place);
        CHECK(back == all);
    }
}

TEST_CASE("NamesAreThoseOfXml") {
    for (const auto name : {"a", "_", "a-b.c1", "\xC3\xA9", "\xE4\xBD\xA0", "a\xCC\x80", "a\xC2\xB7"})
        CHECK(is_ncname(name));
    for (const auto name : {"", "1", "-a", ".", "a:b", "a b", "\xC3\x97", "\xCC\x80", "a\xC3", "a<", "a'"})
        CHECK_FALSE(is_ncname(name));
    CHECK_FALSE(is_ncname("\xF0\x9F\x98\x80"));  // of the 5th edition only: see name_chars.cc
}
