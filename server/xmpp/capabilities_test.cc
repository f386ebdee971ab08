#include "xmpp/capabilities.h"

#include <doctest/doctest.h>

#include "xml/parse.h"

namespace chancery {
namespace {

const std::string simple = "<query xmlns='http://jabber.org/protocol/disco#info'>"
    "<identity category='client' name='Exodus 0.9.1' type='pc'/>"
    "<feature var='http://jabber.org/protocol/caps'/><feature var='http://jabber.org/protocol/disco#info'/>"
    "<feature var='http://jabber.org/protocol/disco#items'/><feature var='http://jabber.org/protocol/muc'/></query>";

/// XEP-0115 §5.3.
const std::string complex = "<query xmlns='http://jabber.org/protocol/disco#info'>"
    "<identity xml:lang='en' category='client' name='Psi 0.11' type='pc'/>"
    "<identity xml:lang='el' category='client' name='Ψ 0.11' type='pc'/>"
    "<feature var='http://jabber.org/protocol/caps'/><feature var='http://jabber.org/protocol/disco#info'/>"
    "<feature var='http://jabber.org/protocol/disco#items'/><feature var='http://jabber.org/protocol/muc'/>"
    "<x xmlns='jabber:x:data' type='result'><field var='FORM_TYPE' type='hidden'><value>urn:xmpp:dataforms:softwareinfo</value></field>"
    "<field var='ip_version' type='text-multi'><value>ipv4</value><value>ipv6</value></field>"
    "<field var='os'><value>Mac</value></field><field var='os_version'><value>10.5.1</value></field>"
    "<field var='software'><value>Psi</value></field><field var='software_version'><value>0.11</value></field></x></query>";

bool holds(std::string_view hash, std::string_view version, const std::string& query) {
    const auto answer = xml::Element::parse(query);
    REQUIRE(answer);
    return is_as_announced({.hash = std::string(hash), .node = "n", .version = std::string(version)}, *answer);
}

}  // namespace

TEST_CASE("TheExamplesOfXep0115AreAsAnnounced") {
    CHECK(holds("sha-1", "QgayPKawpkPSDYmwT/WM94uAlu0=", simple));
    CHECK(holds("sha-1", "q07IKJEyjvHSyhy//CH0CxmKi8w=", complex));
}

TEST_CASE("AnAnswerThatWasNotAnnouncedIsNotBelieved") {
    CHECK_FALSE(holds("sha-1", "QgayPKawpkPSDYmwT/WM94uAlu0=", complex));
    CHECK_FALSE(holds("md2", "QgayPKawpkPSDYmwT/WM94uAlu0=", simple));
    auto twice = simple;
    twice.insert(twice.find("<feature"), "<feature var='http://jabber.org/protocol/muc'/>");
    const auto parsed = xml::Element::parse(twice);
    CHECK_FALSE(capabilities_text(*parsed));
}

TEST_CASE("APresenceAnnouncesANodeAndAVersion") {
    const auto presence = xml::parse("<presence><c xmlns='http://jabber.org/protocol/caps' hash='sha-1' node='http://psi-im.org'"
                                     " ver='q07IKJEyjvHSyhy//CH0CxmKi8w='/></presence>", {}, "jabber:client");
    REQUIRE(presence);
    const auto announced = capabilities_of(presence->root());
    REQUIRE(announced);
    CHECK(announced->asked() == "http://psi-im.org#q07IKJEyjvHSyhy//CH0CxmKi8w=");
    const auto silent = xml::parse("<presence/>", {}, "jabber:client");
    CHECK_FALSE(capabilities_of(silent->root()));
}

}  // namespace chancery
