#include "xmpp/jid.h"

#include <doctest/doctest.h>

#include <string>
#include <unordered_set>

using namespace chancery;

namespace {

std::string canonical(std::string_view text) {
    const auto jid = Jid::parse(text);
    return jid ? jid->text() : "refused";
}

}  // namespace

TEST_CASE("TheValidExamplesOfRfc7622AreAddresses") {  // §3.5 table 1
    struct Example {
        std::string_view text, local, domain, resource;
    };
    for (const Example& example : {
             Example{"juliet@example.com", "juliet", "example.com", ""},
             {"juliet@example.com/foo", "juliet", "example.com", "foo"},
             {"juliet@example.com/foo bar", "juliet", "example.com", "foo bar"},
             {"juliet@example.com/foo@bar", "juliet", "example.com", "foo@bar"},
             {"foo\\20bar@example.com", "foo\\20bar", "example.com", ""},
             {"fussball@example.com", "fussball", "example.com", ""},
             {"fu\u00DFball@example.com", "fu\u00DFball", "example.com", ""},
             {"\u03C0@example.com", "\u03C0", "example.com", ""},
             {"\u03A3@example.com/foo", "\u03C3", "example.com", "foo"},
             {"\u03C3@example.com/foo", "\u03C3", "example.com", "foo"},
             {"\u03C2@example.com/foo", "\u03C2", "example.com", "foo"},
             {"king@example.com/\u265A", "king", "example.com", "\u265A"},
             {"example.com", "", "example.com", ""},
             {"example.com/foobar", "", "example.com", "foobar"},
             {"a.example.com/b@example.net", "", "a.example.com", "b@example.net"},
         }) {
        CAPTURE(example.text);
        const auto jid = Jid::parse(example.text);
        REQUIRE(jid.has_value());
        CHECK(jid->local() == example.local);
        CHECK(jid->domain() == example.domain);
        CHECK(jid->resource() == example.resource);
        CHECK(Jid::parse(jid->text()) == *jid);
        CHECK(Jid::of(jid->local(), jid->domain(), jid->resource()) == *jid);
    }
}

TEST_CASE("TheInvalidExamplesOfRfc7622AreRefused") {  // §3.5 table 2
    CHECK(Jid::parse("\"juliet\"@example.com").error() == JidError::bad_local);
    CHECK(Jid::parse("foo bar@example.com").error() == JidError::bad_local);
    CHECK(Jid::parse("juliet@example.com/ foo").has_value());  // see the test below
    CHECK(Jid::parse("@example.com/").error() == JidError::bad_local);
    CHECK(Jid::parse("henry\u2163@example.com").error() == JidError::bad_local);
    CHECK(Jid::parse("\u265A@example.com").error() == JidError::bad_local);
    CHECK(Jid::parse("juliet@").error() == JidError::malformed);
    CHECK(Jid::parse("/foobar").error() == JidError::malformed);
}

// RFC 7622 §3.5 lists "juliet@example.com/ foo" as invalid, yet the OpaqueString profile that §3.4 refers to
// has no rule against it (RFC 8265 §4.2): the rule counts, not the example.
TEST_CASE("AResourceMayBeginWithASpace") {
    CHECK(canonical("juliet@example.com/ foo") == "juliet@example.com/ foo");
}

TEST_CASE("MoreThatIsNoAddress") {
    for (const std::string text : {"",
                                   "@",
                                   "/",
                                   "@/",
                                   "a@/b",
                                   "a@b@c",
                                   "juliet@example.com/",
                                   "a@b..c",
                                   "a@.b",
                                   "a@-b",
                                   "a@b_c",
                                   "a@b c",
                                   "a\x01@b",
                                   "a@b/\x01",
                                   "a:b@c",
                                   "a&b@c",
                                   "a'b@c",
                                   "a<b@c",
                                   "a>b@c",
                                   "\xC0\xAF@b",
                                   "\xED\xA0\x80@b",
                                   "a@b/\xFF",
                                   "a@\xFF",
                                   "a@xn--\u00FC",
                                   "a@xn--a",
                                   "a@\u2665.example",
                                   "a@[::1",
                                   "a@[1.2.3.4]",
                                   "a@[fe80::1%eth0]",
                                   "a\u0378@b"}) {
        CAPTURE(text);
        CHECK_FALSE(Jid::parse(text).has_value());
    }
    CHECK_FALSE(Jid::of("a/b", "c").has_value());
    CHECK_FALSE(Jid::of("a", "").has_value());
    CHECK_FALSE(Jid::of("a", "b/c").has_value());
}

TEST_CASE("DomainsHaveOneForm") {
    CHECK(canonical("A@Example.COM.") == "a@example.com");
    CHECK(canonical("a@B\u00DCCHER.example") == "a@b\u00FCcher.example");
    CHECK(canonical("a@xn--bcher-kva.example") == "a@b\u00FCcher.example");
    CHECK(canonical("a@fa\u00DF.de") == "a@fa\u00DF.de");
    CHECK(canonical("a@example\u3002com\u3002") == "a@example.com");
    CHECK(canonical("a@[0:0::1]") == "a@[::1]");
    CHECK(canonical("[2001:DB8::1]/r") == "[2001:db8::1]/r");
    CHECK(canonical("127.0.0.1") == "127.0.0.1");
}

TEST_CASE("EachPartHasItsLimit") {
    const std::string longest(Jid::part_limit_bytes, 'a'), label(63, 'b');
    CHECK(Jid::parse(longest + "@b").has_value());
    CHECK(Jid::parse(longest + "a@b").error() == JidError::bad_local);
    CHECK(Jid::parse("a@b/" + longest).has_value());
    CHECK(Jid::parse("a@b/" + longest + "a").error() == JidError::bad_resource);
    CHECK(Jid::parse("a@" + label).has_value());
    CHECK(Jid::parse("a@" + label + "b").error() == JidError::bad_domain);
    CHECK_FALSE(Jid::parse("a@b/" + std::string(1'000'000, 'a')).has_value());
}

TEST_CASE("PartsAreViewsAndAddressesAreValues") {
    const auto full = *Jid::parse("Romeo@Montague.example/Orchard");
    CHECK(full.text() == "romeo@montague.example/Orchard");
    CHECK(full.bare_text() == "romeo@montague.example");
    CHECK(full.bare_text().data() == full.text().data());
    CHECK(full.is_full());
    CHECK(full.bare().is_bare());
    CHECK_FALSE(full.bare().is_domain());
    CHECK(Jid::parse("montague.example")->is_domain());
    CHECK(full.bare().with_resource("Orchard") == full);
    CHECK(full.with_resource("Tomb")->resource() == "Tomb");
    CHECK(full.with_resource("").error() == JidError::bad_resource);
    CHECK(full.bare() < full);
    const std::unordered_set<Jid> set{full, full.bare(), *Jid::parse("ROMEO@montague.example")};
    CHECK(set.size() == 2);
}
