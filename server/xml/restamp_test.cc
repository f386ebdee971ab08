#include "xml/restamp.h"

#include <doctest/doctest.h>

#include <string>

#include "xml/element.h"
#include "xml/parse.h"
#include "xml/stream_scanner.h"

using namespace chancery;
using namespace chancery::xml;

namespace {

// The first element of a client's stream with these declarations, restamped by `change` for a place in
// `outer_ns`.
template <class Change>
std::string restamped(std::string_view declarations, std::string_view stanza, std::string_view outer_ns,
                      Change change) {
    StreamScanner scanner;
    const auto text = "<stream:stream xmlns:stream='http://etherx.jabber.org/streams'" +
                      std::string(declarations) + ">" + std::string(stanza);
    scanner.feed(text);
    REQUIRE(scanner.next() == Event::header);
    REQUIRE(scanner.next() == Event::element);
    Restamp restamp(scanner.document().root(), outer_ns);
    change(restamp);
    const auto out = restamp.to_string();
    CAPTURE(out);
    CHECK(parse(out, {}, outer_ns));
    return out;
}

constexpr std::string_view client = " xmlns='jabber:client'";
const auto unchanged = [](Restamp&) {};

}  // namespace

TEST_CASE("ARestampChangesTheRootAndNothingElse") {
    const auto out = restamped(
        client,
        "<message  to = \"a'b\" id='1' from='forged' xml:lang='de'><body  >&lt;\r\n</body ><x/></message >",
        "jabber:client", [](Restamp& r) { r.set("from", "r<&'\n").set("type", "chat").remove("id"); });
    CHECK(out ==
          "<message to = \"a'b\" from='r&lt;&amp;&apos;&#xA;' xml:lang='de' type='chat'><body  "
          ">&lt;\r\n</body ><x/></message>");
}

TEST_CASE("TheLastWordOnAnAttributeHolds") {
    CHECK(restamped(client, "<a b='1'/>", "jabber:client",
                    [](Restamp& r) { r.remove("b").set("b", "2").set("b", "3"); }) == "<a b='3'/>");
    CHECK(restamped(client, "<a b='1'/>", "jabber:client", [](Restamp& r) { r.set("b", "2").remove("b"); }) ==
          "<a/>");
}

TEST_CASE("ChildrenAreDroppedAndAdded") {
    const auto is_x = [](View child) { return child.name() == "x"; };
    const auto change = [&](Restamp& r) { r.drop(is_x).drop(is_x).append("<end/>").append("<end2/>"); };
    CHECK(restamped(client, "<a><x/>1<b><x/></b>2<x><x/></x>3</a>", "jabber:client", change) ==
          "<a>1<b><x/></b>23<end/><end2/></a>");
    CHECK(restamped(client, "<a/>", "jabber:client", change) == "<a><end/><end2/></a>");
    CHECK(restamped(client, "<a><x/></a>", "jabber:client", [&](Restamp& r) { r.drop(is_x); }) == "<a></a>");
}

// Found by the fuzzer: whoever dropped <x/> here would have sent its recipient what is not well-formed.
TEST_CASE("TextsThatMeetWhereAChildWasDroppedStayApart") {
    const auto drop_x = [](Restamp& r) { r.drop([](View child) { return child.name() == "x"; }); };
    const auto dropped = [&](std::string_view stanza) {
        return restamped(client, stanza, "jabber:client", drop_x);
    };
    CHECK(dropped("<a>]]<x/>></a>") == "<a>]]&gt;</a>");
    CHECK(dropped("<a>]<x/>]></a>") == "<a>]&#x5D;></a>");
    CHECK(dropped("<a>]<x/><x/>]<x/>></a>") == "<a>]&#x5D;></a>");
    CHECK(dropped("<a>\r<x/>\n</a>") == "<a>\r&#xA;</a>");
    CHECK(dropped("<a><x/>></a>") == "<a>></a>");
}

TEST_CASE("TheDefaultNamespaceIsDeclaredWhereItDiffers") {
    CHECK(restamped(client, "<a xmlns='jabber:client' b=''/>", "jabber:client", unchanged) == "<a b=''/>");
    CHECK(restamped(client, "<a b=''/>", "", unchanged) == "<a xmlns='jabber:client' b=''/>");
    CHECK(restamped(client, "<a xmlns='u'/>", "jabber:client", unchanged) == "<a xmlns='u'/>");
    CHECK(restamped("", "<a/>", "jabber:client", unchanged) == "<a xmlns=''/>");
    CHECK(restamped(" xmlns='u' xmlns:c='jabber:client'", "<c:a><b/></c:a>", "jabber:client", unchanged) ==
          "<c:a xmlns='u' xmlns:c='jabber:client'><b/></c:a>");
    CHECK(restamped(" xmlns='u' xmlns:c='jabber:client'", "<c:a><c:b/></c:a>", "jabber:client", unchanged) ==
          "<c:a xmlns:c='jabber:client'><c:b/></c:a>");
}

TEST_CASE("AStanzaOfAnotherServerBecomesOneOfAClient") {
    CHECK(restamped(" xmlns='jabber:server'", "<a><b/></a>", "jabber:client",
                    [](Restamp& r) { r.qualify("jabber:client"); }) == "<a><b/></a>");
}

TEST_CASE("PrefixesOfTheStreamAreDeclaredIfTheyAreUsed") {
    const auto declarations =
        " xmlns='jabber:client' xmlns:p='urn:&amp;p' xmlns:q='urn:q' xmlns:unused='urn:r'";
    CHECK(restamped(declarations, "<a><p:b/><c q:d=''/><p:b/></a>", "jabber:client", unchanged) ==
          "<a xmlns:p='urn:&amp;p' xmlns:q='urn:q'><p:b/><c q:d=''/><p:b/></a>");
    CHECK(restamped(declarations, "<a><p:b xmlns:p='x'/></a>", "jabber:client", unchanged) ==
          "<a><p:b xmlns:p='x'/></a>");
    CHECK(restamped(declarations, "<a xmlns:p = \"x\"><p:b/></a>", "jabber:client", unchanged) ==
          "<a xmlns:p = \"x\"><p:b/></a>");
}
