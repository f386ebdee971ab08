#include "features/pubsub/vcard4.h"

#include <doctest/doctest.h>

#include "xmpp/namespaces.h"

using namespace chancery;
using namespace chancery::pubsub;

namespace {

constexpr std::string_view older =
    "<vCard xmlns='vcard-temp'><FN>Juliet Capulet</FN><N><FAMILY>Capulet</FAMILY><GIVEN>Juliet</GIVEN></N><NICKNAME>jule</NICKNAME>"
    "<BDAY>1597-07-31</BDAY><ADR><HOME/><STREET>Balcony 1</STREET><LOCALITY>Verona</LOCALITY><PCODE>37121</PCODE><CTRY>Italy</CTRY></ADR>"
    "<TEL><WORK/><VOICE/><NUMBER>+39-045-1</NUMBER></TEL><EMAIL><HOME/><USERID>juliet@capulet.lit</USERID></EMAIL>"
    "<JABBERID>juliet@example.org</JABBERID><TITLE>Heir</TITLE><ROLE>Daughter</ROLE><ORG><ORGNAME>Capulet</ORGNAME><ORGUNIT>Balcony</ORGUNIT></ORG>"
    "<URL>https://capulet.lit/</URL><DESC>Star-crossed &amp; young</DESC><GEO><LAT>45.44</LAT><LON>10.99</LON></GEO></vCard>";

xml::Element parsed(std::string_view text) {
    auto element = xml::Element::parse(std::string(text));
    REQUIRE(element);
    return std::move(*element);
}

}  // namespace

TEST_CASE("Vcard4: what has a place in both forms comes back as it was") {
    const auto card = parsed(older);
    const auto newer = vcard4_of(card);
    CHECK(newer.is({"vcard", ns_vcard4}));
    CHECK(newer.child({"fn", ns_vcard4})->child({"text", ns_vcard4})->text() == "Juliet Capulet");
    CHECK(newer.child({"geo", ns_vcard4})->child({"uri", ns_vcard4})->text() == "geo:45.44,10.99");
    CHECK(vcard_temp_of(newer).to_string(ns::client) == card.to_string(ns::client));
}

TEST_CASE("Vcard4: numbers and addresses lose their schemes, and the kinds of them are kept") {
    const auto card = parsed(
        "<vcard xmlns='urn:ietf:params:xml:ns:vcard-4.0'><tel><parameters><type><text>cell</text><text>text</text></type></parameters>"
        "<uri>tel:+39-1</uri></tel><email><uri>mailto:a@b.example</uri></email><impp><uri>sip:x@y</uri></impp></vcard>");
    CHECK(vcard_temp_of(card).to_string(ns::client) ==
          "<vCard xmlns='vcard-temp'><TEL><CELL/><MSG/><NUMBER>+39-1</NUMBER></TEL><EMAIL><USERID>a@b.example</USERID></EMAIL></vCard>");
}

TEST_CASE("Vcard4: a picture is left where pictures are") {
    const auto card = parsed("<vCard xmlns='vcard-temp'><FN>x</FN><PHOTO><BINVAL>AA==</BINVAL></PHOTO></vCard>");
    CHECK(vcard4_of(card).children().size() == 1);
}
