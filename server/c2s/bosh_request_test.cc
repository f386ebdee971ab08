#include "c2s/bosh_request.h"

#include <doctest/doctest.h>

using namespace chancery::c2s;

namespace {

std::optional<BoshRequest> parse(std::string_view attributes, std::string_view content = "") {
    return parse_bosh_request("<body xmlns='http://jabber.org/protocol/httpbind' xmlns:x='urn:xmpp:xbosh' " + std::string(attributes) + ">" +
                              std::string(content) + "</body>");
}

}  // namespace

TEST_CASE("ARequestForASessionIsRead") {
    const auto request = parse("rid='7' to='a.example' from='b@a.example' wait='60' hold='1' ack='1' x:version='1.0'");
    REQUIRE(request);
    CHECK(request->rid == 7);
    CHECK(request->sid.empty());
    CHECK(request->to == "a.example");
    CHECK(request->from == "b@a.example");
    CHECK(request->wait == 60);
    CHECK(request->hold == 1);
    CHECK(request->acknowledges);
    CHECK(request->is_empty());
}

TEST_CASE("WhatARequestCarriesCanStandAlone") {
    const auto request = parse("rid='1' sid='s' x:restart='true'", "<message xmlns='jabber:client'><x:y/></message> <r xmlns='urn:xmpp:sm:3'/>");
    REQUIRE(request);
    CHECK(request->restarts);
    REQUIRE(request->payloads.size() == 2);
    CHECK(request->payloads[0] == "<message xmlns:x='urn:xmpp:xbosh' xmlns='jabber:client'><x:y/></message>");
    CHECK(request->payloads[1] == "<r xmlns='urn:xmpp:sm:3'/>");
}

TEST_CASE("ARequestWithoutAUsableNumberIsNone") {
    for (const auto* rid : {"", "rid=''", "rid='0'", "rid='-1'", "rid='+1'", "rid=' 1'", "rid='1x'", "rid='9007199254740992'", "rid='99999999999999999999'"}) {
        CAPTURE(rid);
        CHECK_FALSE(parse(rid));
    }
    CHECK(parse("rid='9007199254740991'"));
    CHECK_FALSE(parse("rid='1' wait='long'"));
    CHECK_FALSE(parse("rid='1' type='error'"));
    CHECK_FALSE(parse_bosh_request("<body rid='1'/>"));
}

TEST_CASE("AResponseIsABody") {
    CHECK(BoshResponse().to_xml() == "<body xmlns='http://jabber.org/protocol/httpbind'/>");
    CHECK(terminate_body("item-not-found") == "<body xmlns='http://jabber.org/protocol/httpbind' type='terminate' condition='item-not-found'/>");
    CHECK(terminate_body("", "<a xmlns='b'/>") == "<body xmlns='http://jabber.org/protocol/httpbind' type='terminate'><a xmlns='b'/></body>");
}
