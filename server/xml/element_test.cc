#include "xml/element.h"

#include <doctest/doctest.h>

using namespace chancery;
using namespace chancery::xml;

TEST_CASE("AnElementIsWrittenAsItWasBuilt") {
    Element reply("iq", "jabber:client");
    reply.set("type", "result").set("id", "<1>").set("type", "error").set("xml:lang", "de");
    reply.add(Element("query", "u").add_text("a&b").add(Element("c", "u")).add_text("\r"));
    reply.add_raw("<raw xmlns='v'/>").add(Element("d", ""));
    CHECK(reply.to_string("jabber:client") ==
          "<iq type='error' id='&lt;1&gt;' xml:lang='de'><query xmlns='u'>a&amp;b<c/>&#xD;</query><raw "
          "xmlns='v'/>"
          "<d xmlns=''/></iq>");
    CHECK(reply.to_string().starts_with("<iq xmlns='jabber:client' type="));
    CHECK(reply.attribute("lang", "http://www.w3.org/XML/1998/namespace") == "de");
    CHECK(reply.attribute("xml:lang") == "de");
    CHECK(reply.child({"query", "u"})->text() == "a&b\r");
    CHECK(reply.child({"query", "v"}) == nullptr);
    CHECK_FALSE(reply.remove_attribute("id").has_attribute("id"));
}

TEST_CASE("WhatIsParsedIsWrittenAndReadAlike") {
    const std::string_view literals[] = {
        "<a/>",
        "<a xmlns='u' b='&#xA;&#x9;&apos;'>1<c/>2<d>3</d>4</a>",
        "<a xmlns='u'><b xmlns=''/><c xmlns='v'>&lt;]]&gt;&#xD;</c></a>",
        "<a xmlns:a0='u' a0:b='1' b='2' xml:lang='en'/>",
        "<a><xml:b><c/></xml:b></a>",
    };
    for (const auto literal : literals) {
        const auto element = Element::parse(literal);
        REQUIRE(element);
        CHECK(element->to_string() == literal);
        CHECK(*Element::parse(element->to_string()) == *element);
    }
}

TEST_CASE("PrefixesDoNotMatterToAnElement") {
    const auto a = Element::parse("<p:a xmlns:p='u'><p:b p:c='1'/></p:a>");
    const auto b = Element::parse("<a xmlns='u'><b xmlns:q='u' q:c='1'/></a>");
    CHECK(*a == *b);
    CHECK(a->children().front().attribute("c", "u") == "1");
    CHECK(a->children().front().attribute("c").empty());
}

TEST_CASE("ChildrenAreRemovedAndTheRestStaysInOrder") {
    auto element = *Element::parse("<a>1<x/>2<b/>3<x/>4</a>");
    element.add_raw("<raw/>").add(Element("x", "")).add(Element("c", ""));
    element.remove_children([](const Element& child) { return child.name() == "x"; });
    CHECK(element.to_string() == "<a>12<b/>34<raw/><c/></a>");
    CHECK(element.children().size() == 2);
}

TEST_CASE("OrderMattersWhenElementsAreCompared") {
    CHECK(*Element::parse("<a>1<b/></a>") != *Element::parse("<a><b/>1</a>"));
    const auto outer = *Element::parse("<a>1<b/></a>");
    CHECK(outer.children().front() == *Element::parse("<b/>"));
}

TEST_CASE("StoredXmlMayBeLargerThanWhatAStreamTakes") {
    const auto large = "<a>" + std::string(500'000, 'x') + "</a>";
    CHECK(Element::parse(large));
    CHECK(Element::parse(large, Limits{}).error() == Fault::too_large);
    CHECK(Element::parse("<a>").error() == Fault::not_well_formed);
}
