#include "xmpp/precis.h"

#include <doctest/doctest.h>

#include "xmpp/precis_class.h"

using namespace chancery;

namespace {
std::string username(std::string_view text) { return precis::username(text).value_or("refused"); }
std::string opaque(std::string_view text) { return precis::opaque_string(text).value_or("refused"); }
}  // namespace

TEST_CASE("UsernamesOfRfc8265") {  // §3.5 tables 1 and 2
    CHECK(username("juliet@example.com") == "juliet@example.com");
    CHECK(username("fussball") == "fussball");
    CHECK(username("fu\u00DFball") == "fu\u00DFball");
    CHECK(username("\u03C0") == "\u03C0");
    CHECK(username("\u03A3") == "\u03C3");
    CHECK(username("\u03C3") == "\u03C3");
    CHECK(username("\u03C2") == "\u03C2");
    CHECK(username("foo bar") == "refused");
    CHECK(username("") == "refused");
    CHECK(username("henry\u2163") == "refused");
    CHECK(username("\u265A") == "refused");
}

TEST_CASE("OpaqueStringsOfRfc8265") {  // §4.3 tables 3 and 4
    CHECK(opaque("correct horse battery staple") == "correct horse battery staple");
    CHECK(opaque("Correct Horse Battery Staple") == "Correct Horse Battery Staple");
    CHECK(opaque("\u03C0\u00DF\u00E5") == "\u03C0\u00DF\u00E5");
    CHECK(opaque("Jack of \u2666s") == "Jack of \u2666s");
    CHECK(opaque("foo\u1680bar") == "foo bar");
    CHECK(opaque("") == "refused");
    CHECK(opaque("my cat is a \tby") == "refused");
}

TEST_CASE("NicknamesOfRfc8266") {  // §3 table 1
    const auto compared = [](std::string_view text) { return precis::compared_nickname(text).value_or("refused"); };
    CHECK(compared("Foo") == "foo");
    CHECK(compared("foo") == "foo");
    CHECK(compared("Foo Bar") == "foo bar");
    CHECK(compared("foo bar") == "foo bar");
    CHECK(compared("\u03A3") == "\u03C3");
    CHECK(compared("\u03C3") == "\u03C3");
    CHECK(compared("\u03C2") == "\u03C2");
    CHECK(compared("\u265A") == "\u265A");
    CHECK(compared("Richard \u2163") == "richard iv");
    CHECK(precis::nickname(" Legal\u00A0  Department ") == "Legal Department");
    CHECK(precis::nickname("e\u0301\uFF21") == "\u00E9A");
    for (const auto* bad : {"", " ", "\u3000", "a\nb", "a\x7F", "a\u200B", "\xC3"}) {
        CHECK_FALSE(precis::nickname(bad));
        CHECK_FALSE(precis::compared_nickname(bad));
    }
    CHECK_FALSE(precis::nickname(std::string(5000, 'a')));
}

TEST_CASE("UsernamesAreMappedToOneForm") {
    CHECK(username("Juliet") == "juliet");
    CHECK(username("\uFF2A\uFF55\uFF4C\uFF49\uFF45\uFF54") == "juliet");  // fullwidth
    CHECK(username("\uFF76\uFF9E") == "\u30AC");                          // halfwidth katakana with its mark
    CHECK(username("e\u0301") == "\u00E9");
    CHECK(username("\u00C9") == "\u00E9");
    CHECK(username("\u0410\u041D\u041D\u0410") == "\u0430\u043D\u043D\u0430");
    CHECK(username("\u212B") == "refused");   // Angstrom sign: has a compatibility form
    CHECK(username("\uFB01") == "refused");   // ligature fi
    CHECK(username("\u0378") == "refused");   // unassigned
    CHECK(username("a\u00AD") == "refused");  // soft hyphen
    CHECK(username("\u1100") == "refused");   // conjoining jamo
    CHECK(username("\uFFFF") == "refused");
}

TEST_CASE("ContextDecidesForSomeCharacters") {  // RFC 5892 appendix A
    CHECK(username("l\u00B7l") == "l\u00B7l");
    CHECK(username("a\u00B7b") == "refused");
    CHECK(username("\u0375\u03B1") == "\u0375\u03B1");
    CHECK(username("\u0375a") == "refused");
    CHECK(username("\u05D0\u05F3") == "\u05D0\u05F3");
    CHECK(username("\u05F3\u05D0") == "refused");
    CHECK(username("\u30A2\u30FB\u30A2") == "\u30A2\u30FB\u30A2");
    CHECK(username("a\u30FBb") == "refused");
    CHECK(username("\u0915\u094D\u200D\u0937") == "\u0915\u094D\u200D\u0937");
    CHECK(username("\u0915\u200D\u0937") == "refused");
    CHECK(username("\u0646\u0627\u0645\u0647\u200C\u0627\u06CC") ==
          "\u0646\u0627\u0645\u0647\u200C\u0627\u06CC");
    CHECK(username("a\u200Cb") == "refused");
    CHECK(username("\u0627\u0661\u0662") == "\u0627\u0661\u0662");
    CHECK(username("\u0627\u0661\u06F2") == "refused");
}

TEST_CASE("RightToLeftNamesObeyTheBidiRule") {  // RFC 5893 §2
    CHECK(username("\u05D0\u05D1\u05D2") == "\u05D0\u05D1\u05D2");
    CHECK(username("\u05D0"
                   "1") ==
          "\u05D0"
          "1");
    CHECK(username("\u05D0"
                   "a") == "refused");        // 2
    CHECK(username("a\u05D0") == "refused");  // 5
    CHECK(username("1\u05D0") == "refused");  // 1
    CHECK(username("\u05D0"
                   "-") == "refused");  // 3
    CHECK(username("\u0627"
                   "1\u0661") == "refused");            // 4
    CHECK(username("\u05D0\u05B8") == "\u05D0\u05B8");  // 3: a mark may follow
    CHECK(precis::obeys_bidi_rule(u"plain"));
}

TEST_CASE("PasswordsKeepCaseAndAreComposed") {
    CHECK(opaque("PaSs") == "PaSs");
    CHECK(opaque("\u00A0") == " ");
    CHECK(opaque("e\u0301\u3000x") == "\u00E9 x");
    CHECK(opaque("\uFF21") == "\uFF21");
    CHECK(opaque("a\x7F") == "refused");
    CHECK(opaque("a\u200B") == "refused");
    CHECK(opaque("\xC3") == "refused");
    CHECK(opaque(std::string(5000, 'a')) == "refused");
}
