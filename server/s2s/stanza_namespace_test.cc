#include "s2s/stanza_namespace.h"

#include <doctest/doctest.h>

#include "xml/element.h"
#include "xml/parse.h"
#include "xmpp/namespaces.h"

using namespace chancery;

namespace {

/// What the text means on a stream with this default namespace.
xml::Element on_stream(const std::string& text, std::string_view ns) {
    const auto parsed = xml::parse(text, xml::limits_of_stored_xml, ns);
    REQUIRE(parsed);
    return xml::Element(parsed->root());
}

xml::Element sent(const std::string& stanza) { return on_stream(s2s::to_server(stanza), s2s::ns_server); }

xml::Element received(const std::string& stanza) {
    const auto parsed = xml::parse(stanza, xml::limits_of_stored_xml, s2s::ns_server);
    REQUIRE(parsed);
    const auto text = s2s::to_client(parsed->root());
    REQUIRE(text);
    return on_stream(*text, ns::client);
}

}  // namespace

TEST_CASE("APlainStanzaGoesOutByteByByte") {
    const std::string stanza = "<message to='a@b' type='chat'><body>a &amp; b</body><x xmlns='y'/></message>";
    CHECK(s2s::to_server(stanza) == stanza);
    CHECK(sent(stanza).is({"message", s2s::ns_server}));
    CHECK(sent(stanza).child({"body", s2s::ns_server}));
}

TEST_CASE("WhatDeclaresItsNamespaceChangesWithTheStanza") {
    for (const std::string stanza : {"<message to='a@b'><body xmlns='jabber:client'>x</body></message>",
                                     "<c:message xmlns:c='jabber:client' to='a@b'><c:body>x</c:body></c:message>",
                                     "<message xmlns='jabber:client' to='a@b'><body>x</body></message>"}) {
        CAPTURE(stanza);
        const auto message = sent(stanza);
        CHECK(message.is({"message", s2s::ns_server}));
        CHECK(message.attribute("to") == "a@b");
        REQUIRE(message.child({"body", s2s::ns_server}));
        CHECK(message.child({"body", s2s::ns_server})->text() == "x");
    }
}

TEST_CASE("AForwardedMessageStaysAClients") {
    const auto message = sent("<message to='a@b'><body>x</body><forwarded xmlns='urn:xmpp:forward:0'>"
                              "<message xmlns='jabber:client'><body>y</body></message></forwarded></message>");
    REQUIRE(message.child({"body", s2s::ns_server}));
    const auto* forwarded = message.child({"forwarded", ns::forward});
    REQUIRE(forwarded);
    REQUIRE(forwarded->child({"message", ns::client}));
    CHECK(forwarded->child({"message", ns::client})->child({"body", ns::client}));
}

TEST_CASE("WhatArrivesIsAClientsStanza") {
    for (const std::string stanza : {"<message to='a@b'><body>x</body></message>",
                                     "<message xmlns='jabber:server' to='a@b'><body xmlns='jabber:server'>x</body></message>",
                                     "<s:message xmlns:s='jabber:server' to='a@b'><s:body>x</s:body></s:message>"}) {
        CAPTURE(stanza);
        const auto message = received(stanza);
        CHECK(message.is({"message", ns::client}));
        REQUIRE(message.child({"body", ns::client}));
        CHECK(message.child({"body", ns::client})->text() == "x");
    }
}
