#include "xml/standalone.h"

#include <doctest/doctest.h>

using namespace chancery::xml;

namespace {

std::string standalone(std::string_view element) {
    std::string out;
    append_standalone(out, element);
    return out;
}

}  // namespace

TEST_CASE("AStanzaOfAStreamSaysItsNamespaceWhenItStandsAlone") {
    CHECK(standalone("<message to='a'><body>b</body></message>") == "<message xmlns='jabber:client' to='a'><body>b</body></message>");
    CHECK(standalone("<presence/>") == "<presence xmlns='jabber:client'/>");
    CHECK(standalone("<iq>x</iq>") == "<iq xmlns='jabber:client'>x</iq>");
}

TEST_CASE("ANamespaceThatIsSaidAlreadyIsNotSaidAgain") {
    CHECK(standalone("<r xmlns='urn:xmpp:sm:3'/>") == "<r xmlns='urn:xmpp:sm:3'/>");
    CHECK(standalone("<a b = \"c>'\" xmlns = 'u'>d</a>") == "<a b = \"c>'\" xmlns = 'u'>d</a>");
}

TEST_CASE("WhatOnlyLooksLikeADeclarationIsNone") {
    CHECK(standalone("<message id=\" xmlns='u'\"/>") == "<message xmlns='jabber:client' id=\" xmlns='u'\"/>");
    CHECK(standalone("<message xmlns:x='u'/>") == "<message xmlns='jabber:client' xmlns:x='u'/>");
    CHECK(standalone("<message><a xmlns='u'/></message>") == "<message xmlns='jabber:client'><a xmlns='u'/></message>");
}

TEST_CASE("AnElementOfTheStreamDeclaresItsPrefix") {
    CHECK(standalone("<stream:features><bind xmlns='b'/></stream:features>") ==
          "<stream:features xmlns:stream='http://etherx.jabber.org/streams'><bind xmlns='b'/></stream:features>");
}
