#include "xml/parse.h"

#include <doctest/doctest.h>

#include <iterator>
#include <string>

using namespace chancery;
using namespace chancery::xml;

TEST_CASE("AnElementIsSeenThroughItsViews") {
    const auto document = parse(
        "<message xmlns='jabber:client' to='a@b' xml:lang='de'><body>Hi &amp; <![CDATA[<you>]]>\r\n</body>"
        "<x:active xmlns:x='urn:x' x:since='1'/>tail</message>");
    REQUIRE(document);
    const auto root = document->root();
    CHECK(root.is({"message", "jabber:client"}));
    CHECK(root.attribute("to") == "a@b");
    CHECK(root.attribute("lang", ns_xml) == "de");
    CHECK(root.attribute("lang").empty());
    CHECK_FALSE(root.has_attribute("lang"));
    CHECK(root.text() == "tail");
    const auto body = root.child({"body", "jabber:client"});
    REQUIRE(body);
    CHECK(body.text() == "Hi & <you>\n");
    CHECK(body.parent() == root);
    const auto active = body.next();
    CHECK(active.is({"active", "urn:x"}));
    CHECK(active.attribute("since", "urn:x") == "1");
    CHECK_FALSE(active.next());
    CHECK_FALSE(root.child({"subject", "jabber:client"}));
    int count = 0;
    for (View child : root.children()) count += child ? 1 : 0;
    CHECK(count == 2);
}

namespace {

struct Bad {
    std::string_view text;
    Fault fault;
};

Fault fault_of(std::string_view text, const Limits& limits = {}) {
    const auto document = parse(text, limits);
    CAPTURE(text);
    REQUIRE_FALSE(document);
    return document.error();
}

}  // namespace

TEST_CASE("WhatIsNotWellFormedIsRefused") {
    const std::string_view bad[] = {
        "",
        " ",
        "<",
        "a",
        "<a",
        "<a>",
        "<a/",
        "<a/ >",
        "</a>",
        "<a></b>",
        "<a></aa>",
        "<aa></a>",
        "<a></a",
        "<a></ a>",
        "<a/>b",
        "b<a/>",
        "<a/><b/>",
        "< a/>",
        "<1/>",
        "<-a/>",
        "<a!/>",
        "<a b/>",
        "<a b=/>",
        "<a b=c/>",
        "<a b='/>",
        "<a b='1'c='2'/>",
        "<a b='1' b='2'/>",
        "<a b='<'/>",
        "<a b='\"/>",
        "<a><b></a></b>",
        "<a>]]></a>",
        "<a>&</a>",
        "<a>& b</a>",
        "<a>&;</a>",
        "<a>&#;</a>",
        "<a>&#x;</a>",
        "<a>&#0;</a>",
        "<a>&#xB;</a>",
        "<a>&#xD800;</a>",
        "<a>&#xFFFE;</a>",
        "<a>&#x110000;</a>",
        "<a>&#-1;</a>",
        "<a>&#X41;</a>",
        "<a>&#4294967361;</a>",
        "<a>&amp</a>",
        "<a>\x01</a>",
        "<a>\x1F</a>",
        "<a b='\x02'/>",
        "<a\x0B/>",
        "<a>\x80</a>",
        "<a>\xC0\x80</a>",
        "<a>\xC3</a>",
        "<a>\xE0\x80\x80</a>",
        "<a>\xED\xA0\x80</a>",
        "<a>\xEF\xBF\xBE</a>",
        "<a>\xEF\xBF\xBF</a>",
        "<a>\xF4\x90\x80\x80</a>",
        "<a>\xF8\x88\x80\x80\x80</a>",
        "<a b='\xC3'/>",
        "<\xC3\xD7/>",
        "<a><![CDATA[\x01]]></a>",
        "<a><![CDATA[</a>",
        "<:a/>",
        "<a:/>",
        "<a:b:c xmlns:a='u'/>",
        "<a xmlns:p=''/>",
        "<a xmlns:='u'/>",
        "<a xmlns:p='u' xmlns:p='v'/>",
        "<a xmlns='u' xmlns='u'/>",
        "<a xmlns:xmlns='u'/>",
        "<a xmlns:xml='u'/>",
        "<a xmlns:p='http://www.w3.org/XML/1998/namespace'/>",
        "<a xmlns='http://www.w3.org/2000/xmlns/'/>",
        "<a xmlns='http://www.w3.org/XML/1998/namespac&#101;'/>",
        "<a xmlns:p='u' xmlns:q='u' p:b='' q:b=''/>",
        "<a xmlns:p='u' xmlns:q='&#117;' p:b='' q:b=''/>",
        "<a xmlns:p='u' p:1='' />",
        "\xEF\xBB\xBF<a/>",
    };
    for (const auto text : bad) CHECK(fault_of(text) == Fault::not_well_formed);
    CHECK(fault_of(std::string_view("<a>\0</a>", 8)) == Fault::not_well_formed);
}

TEST_CASE("EveryOtherFaultHasItsName") {
    const Bad bad[] = {
        {"<!DOCTYPE a><a/>", Fault::restricted_xml},
        {"<?xml version='1.0'?><a/>", Fault::restricted_xml},
        {"<!-- c --><a/>", Fault::restricted_xml},
        {"<a><!-- c --></a>", Fault::restricted_xml},
        {"<a><?p i?></a>", Fault::restricted_xml},
        {"<a><!ENTITY b 'c'></a>", Fault::restricted_xml},
        {"<a>&nbsp;</a>", Fault::restricted_xml},
        {"<a>&CounterClockwiseContourIntegral;</a>", Fault::restricted_xml},
        {"<a b='&bar;'/>", Fault::restricted_xml},
        {"<p:a/>", Fault::bad_namespace_prefix},
        {"<a p:b=''/>", Fault::bad_namespace_prefix},
        {"<a><b xmlns:p='u'/><p:c/></a>", Fault::bad_namespace_prefix},
        {"<xmlns:a/>", Fault::bad_namespace_prefix},
    };
    for (const auto& [text, fault] : bad) CHECK(fault_of(text) == fault);
}

TEST_CASE("EveryLimitHoldsAndOneMoreIsAFault") {
    const Limits limits{
        .element_bytes = 40, .depth = 3, .attributes = 2, .elements = 4, .name_bytes = 5, .namespaces = 3};
    const std::string_view good[] = {
        "<a>012345678901234567890123456789012</a>",
        "<a><b><c/></b></a>",
        "<a b='' xmlns='u'/>",
        "<a><b/><c/><d/></a>",
        "<abcde/>",
        "<a bcdef=''/>",
        "<a xmlns='u'><b xmlns='v'/></a>",
    };
    const Bad bad[] = {
        {"<a>0123456789012345678901234567890123</a>", Fault::too_large},
        {"<a><b><c><d/></c></b></a>", Fault::too_complex},
        {"<a b='' xmlns='u' c=''/>", Fault::too_complex},
        {"<a><b/><c/><d/><e/></a>", Fault::too_complex},
        {"<abcdef/>", Fault::too_complex},
        {"<a bcdefg=''/>", Fault::too_complex},
        {"<a xmlns='' xmlns:b='u'><c xmlns='w'/></a>", Fault::too_complex},
    };
    for (const auto text : good) {
        CAPTURE(text);
        CHECK(parse(text, limits));
    }
    for (const auto& [text, fault] : bad) CHECK(fault_of(text, limits) == fault);
    CHECK(condition_of(Fault::too_large) == "policy-violation");
    CHECK(condition_of(Fault::too_complex) == "policy-violation");
}

TEST_CASE("UnusualButLawfulXmlIsAccepted") {
    const std::string_view good[] = {
        " <a/>\n",
        "<a\t\r\n/>",
        "<a ></a >",
        "<a b = '1'\nc=\"'\"/>",
        "<a b='>'/>",
        "<a>]]&gt; ] ]] > ></a>",
        "<a>\x7F</a>",
        "<a><![CDATA[]]></a>",
        "<a><![CDATA[]]]]><![CDATA[>]]></a>",
        "<a>&#x10FFFF;&#9;&#0000065;</a>",
        "<\xC3\xA9l\xC3\xA9ment/>",
        "<a \xE4\xBD\xA0='1'/>",
        "<_a.b-c1/>",
        "<a>\xEF\xBB\xBF\xF0\x9F\x98\x80</a>",
        "<a xmlns:xml='http://www.w3.org/XML/1998/namespace' xml:lang=''/>",
        "<a xmlns='u'><b xmlns=''/></a>",
        "<a xmlns:p='u' p:b='' b=''/>",
        "<p:a xmlns:p='u'><p:a xmlns:p='v'/></p:a>",
        "<a xmlnsx=''/>",
    };
    for (const auto text : good) {
        CAPTURE(text);
        CHECK(parse(text));
    }
}

TEST_CASE("NamespacesFollowTheirScopes") {
    const auto document =
        parse("<a><b xmlns='u'><c/><p:d xmlns:p='&amp;v'/></b><e xmlns=''/></a>", {}, "outer");
    REQUIRE(document);
    const auto a = document->root(), b = a.first_child(), c = b.first_child(), d = c.next(), e = b.next();
    CHECK(a.ns() == "outer");
    CHECK(b.ns() == "u");
    CHECK(c.ns() == "u");
    CHECK(d.is({"d", "&v"}));
    CHECK(d.prefix() == "p");
    CHECK(e.ns() == "");
}

TEST_CASE("AttributesAndTextAreNormalised") {
    const auto document = parse("<a b='\t1\r\n2\n\r&#10;&#x9;&lt;'>x\r\ny\rz&#13;<c/>\n<d/></a>");
    REQUIRE(document);
    CHECK(document->root().attribute("b") == " 1 2  \n\t<");
    CHECK(document->root().text() == "x\ny\nz\r\n");
    const auto first = document->root().attribute("b");
    for (int i = 0; i < 10'000; ++i) (void)document->root().text();
    CHECK(first == " 1 2  \n\t<");  // what was decoded stays where it is
}

TEST_CASE("ChildrenAreFoundByTag") {
    const auto document =
        parse("<a xmlns='u'><b n='1'/>t<c/><b n='2'><b n='x'/></b><b xmlns='v' n='3'/></a>");
    REQUIRE(document);
    std::string found, all;
    for (const View child : document->root().children({"b", "u"})) found += child.attribute("n");
    for (const View child : document->root().children()) all += child.name();
    CHECK(found == "12");
    CHECK(all == "bcbb");
    CHECK(document->root().child({"b", "v"}).attribute("n") == "3");
    CHECK(document->root().child({"b", "u"}).outer() == "<b n='1'/>");
    CHECK(document->root().inner().starts_with("<b n='1'/>t<c/>"));
    CHECK(View().children().begin() == std::default_sentinel);
    CHECK(View().text().empty());
    CHECK(View().outer().empty());
}

TEST_CASE("WhatIsTakenOutCarriesItsNamespaces") {
    const auto document = parse(
        "<a xmlns='u' xmlns:p='v' xmlns:q='w' xmlns:r='x'><b p:c='1'><q:d/><e xmlns:r='y' r:f=''/></b>"
        "<p:g xmlns:p='z'/><p:h/><i xmlns='j'/></a>");
    REQUIRE(document);
    std::string taken;
    for (const View child : document->root().children()) taken += child.outer_with_namespaces() + '\n';
    CHECK(taken ==
          "<b xmlns='u' xmlns:p='v' xmlns:q='w' p:c='1'><q:d/><e xmlns:r='y' r:f=''/></b>\n"
          "<p:g xmlns:p='z'/>\n<p:h xmlns:p='v'/>\n<i xmlns='j'/>\n");
}

TEST_CASE("ADocumentCanKeepItsText") {
    auto document = parse_owned("<a><b>" + std::string(10, 'x') + "</b></a>");
    REQUIRE(document);
    const auto root = document->root();
    const Document moved = std::move(*document);
    CHECK(root.first_child().text() == "xxxxxxxxxx");
    CHECK(moved.root() == root);
}
