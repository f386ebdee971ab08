#include "features/rooms/search.h"

#include <doctest/doctest.h>

#include "xml/parse.h"
#include "xmpp/namespaces.h"

using namespace chancery;
using namespace chancery::rooms;

namespace {

constexpr std::string_view address_key = "<field var='key'><value>{urn:xmpp:channel-search:0:order}address</value></field>";

Result<Search, StanzaError> search(std::string_view fields, std::string_view set = {}) {
    std::string xml = "<search xmlns='urn:xmpp:channel-search:0:search'>";
    xml.append(set).append("<x xmlns='jabber:x:data' type='submit'><field var='FORM_TYPE'>"
                           "<value>urn:xmpp:channel-search:0:search-params</value></field>");
    const auto document = xml::parse(xml.append(fields).append("</x></search>"), xml::limits_of_stored_xml, ns::client);
    REQUIRE(document);
    return Search::parse(xml::Element(document->root()));
}

std::string field(std::string_view name, std::string_view value) {
    return "<field var='" + std::string(name) + "'><value>" + std::string(value) + "</value></field>";
}

void check_refused(std::string_view fields, Condition condition, std::string_view application) {
    CAPTURE(fields);
    const auto parsed = search(fields);
    REQUIRE_FALSE(parsed);
    CHECK(parsed.error().condition == condition);
    CHECK(parsed.error().type == "modify");
    CHECK(parsed.error().application.starts_with("<" + std::string(application) + " xmlns='urn:xmpp:channel-search:0:error'"));
}

const std::vector<Channel> rooms_there = {{.address = "b@rooms.example", .name = "Wood", .users = 2},
                                          {.address = "a@rooms.example", .name = "Heath", .description = "Three WITCHES", .users = 1},
                                          {.address = "c@rooms.example", .name = "Castle", .users = 2}};

std::vector<std::string> addresses(const Search& asked) {
    const auto page = asked.page(rooms_there);
    const auto document = xml::parse(page, xml::limits_of_stored_xml, ns::client);
    REQUIRE(document);
    std::vector<std::string> found;
    for (const auto item : document->root().children({"item", ns_search})) found.emplace_back(item.attribute("address"));
    return found;
}

using Addresses = std::vector<std::string>;

}  // namespace

TEST_CASE("ChannelSearch: each mistake has the condition that the specification names") {
    check_refused("", Condition::bad_request, "no-search-conditions");
    check_refused(field("q", "a") + field("all", "true"), Condition::bad_request, "conflicting-fields");
    check_refused(field("q", " \t "), Condition::bad_request, "invalid-search-terms");
    check_refused(field("q", std::string(1'001, 'a')), Condition::bad_request, "invalid-search-terms");
    check_refused(field("q", "a") + field("key", "age"), Condition::feature_not_implemented, "invalid-sort-key");
    check_refused(field("q", "a") + field("sinname", "0") + field("sindescription", "0") + field("sinaddress", "0"), Condition::bad_request,
                  "conflicting-fields");
}

TEST_CASE("ChannelSearch: every word is found, in the places that are asked for") {
    const Channel room{.address = "heath@rooms.example", .name = "Écoute", .description = "Three Witches"};
    CHECK(search(field("q", "écoute WITCH"))->finds(room));
    CHECK(search(field("q", "heath"))->finds(room));
    CHECK_FALSE(search(field("q", "witch macbeth"))->finds(room));
    CHECK_FALSE(search(field("q", "heath") + field("sinaddress", "false"))->finds(room));
    CHECK_FALSE(search(field("q", "heath") + field("sinaddr", "false"))->finds(room));
    CHECK_FALSE(search(field("q", "witches") + field("sindescription", "false"))->finds(room));
    CHECK_FALSE(search(field("q", "écoute") + field("sinname", "false"))->finds(room));
    CHECK_FALSE(search(field("all", "1") + field("min_users", "1"))->finds(room));
    CHECK_FALSE(search(field("all", "1") + field("types", "xep-0369"))->finds(room));
}

TEST_CASE("ChannelSearch: is sorted by users or by address") {
    CHECK(addresses(*search(field("all", "true"))) == Addresses{"b@rooms.example", "c@rooms.example", "a@rooms.example"});
    CHECK(addresses(*search(field("all", "true") + std::string(address_key))) ==
          Addresses{"a@rooms.example", "b@rooms.example", "c@rooms.example"});
}

TEST_CASE("ChannelSearch: pages follow each other without state") {
    constexpr std::string_view opening = "<set xmlns='http://jabber.org/protocol/rsm'><max>1</max>";
    const auto page = [&](std::string_view where, std::string_view key = {}) {
        return addresses(*search(field("all", "true") + std::string(key), std::string(opening) + std::string(where) + "</set>"));
    };
    CHECK(page("") == Addresses{"b@rooms.example"});
    CHECK(page("<after>2 b@rooms.example</after>") == Addresses{"c@rooms.example"});
    CHECK(page("<after>2 c@rooms.example</after>") == Addresses{"a@rooms.example"});
    CHECK(page("<after>1 a@rooms.example</after>").empty());
    CHECK(page("<before/>") == Addresses{"a@rooms.example"});
    CHECK(page("<before>1 a@rooms.example</before>") == Addresses{"c@rooms.example"});
    CHECK(page("<after>a@rooms.example</after>", address_key) == Addresses{"b@rooms.example"});
}
