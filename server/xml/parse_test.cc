#include "xml/parse.h"

#include <doctest/doctest.h>

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
