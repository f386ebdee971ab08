#include "s2s/identity.h"

#include <doctest/doctest.h>

using namespace chancery;
using s2s::doubt;

namespace {

net::PeerCertificate good() {
    net::PeerCertificate certificate;
    certificate.verified = certificate.may_serve = true;
    return certificate;
}

bool proves_by_dns(const char* name, const char* domain) {
    auto certificate = good();
    certificate.dns_names = {name};
    return !doubt(certificate, domain);
}

}  // namespace

TEST_CASE("ADnsNameProvesTheDomain") {
    CHECK(proves_by_dns("a.example", "a.example"));
    CHECK(proves_by_dns("A.Example", "a.example"));
    CHECK(proves_by_dns("xn--bcher-kva.example", "b\u00fccher.example"));
    CHECK_FALSE(proves_by_dns("a.example", "b.a.example"));
    CHECK_FALSE(proves_by_dns("b.a.example", "a.example"));
}

TEST_CASE("AWildcardStandsForTheLeftMostLabelOnly") {
    CHECK(proves_by_dns("*.a.example", "rooms.a.example"));
    CHECK_FALSE(proves_by_dns("*.a.example", "a.example"));
    CHECK_FALSE(proves_by_dns("*.a.example", "x.rooms.a.example"));
    CHECK_FALSE(proves_by_dns("r*.a.example", "rooms.a.example"));
    CHECK_FALSE(proves_by_dns("rooms.*.example", "rooms.a.example"));
    CHECK_FALSE(proves_by_dns("*", "example"));
}

TEST_CASE("ServiceNamesAndXmppAddressesProveToo") {
    auto certificate = good();
    certificate.service_names = {"_xmpp-server.a.example"};
    CHECK_FALSE(doubt(certificate, "a.example"));
    certificate.service_names = {"_xmpp-client.a.example"};
    CHECK(doubt(certificate, "a.example"));
    certificate.xmpp_addresses = {"a.example"};
    CHECK_FALSE(doubt(certificate, "a.example"));
    certificate.xmpp_addresses = {"me@a.example"};
    CHECK(doubt(certificate, "a.example"));
}

TEST_CASE("WithoutAGoodChainNoNameCounts") {
    auto certificate = good();
    certificate.dns_names = {"a.example"};
    certificate.verified = false;
    CHECK(doubt(certificate, "a.example"));
    certificate.verified = true;
    certificate.may_serve = false;
    CHECK(doubt(certificate, "a.example"));
    CHECK(doubt(std::nullopt, "a.example"));
}
