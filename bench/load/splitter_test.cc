#include "load/splitter.h"

#include <doctest/doctest.h>

#include <vector>

using namespace chancery::load;

namespace {

constexpr std::string_view stream =
    "<?xml version='1.0'?><stream:stream xmlns='jabber:client' from=\"a>b\">"
    "<stream:features><bind xmlns='b'/></stream:features> \n"
    "<message from='a@x/1' id='7'><body>one &lt; two</body></message><presence/>"
    "<iq type='result'\nid='9'><q a='/>'><r/></q></iq></stream:stream>";

std::vector<std::string> pieces(std::string_view bytes, std::size_t step) {
    Splitter splitter;
    std::vector<std::string> found;
    const auto sink = [&](Splitter::Piece, std::string_view piece) {
        return found.emplace_back(piece), true;
    };
    for (std::size_t at = 0; at < bytes.size(); at += step)
        REQUIRE(splitter.feed(bytes.substr(at, step), sink));
    return found;
}

}  // namespace

TEST_CASE("The splitter finds the same stanzas however the bytes arrive") {
    const auto whole = pieces(stream, stream.size());
    REQUIRE(whole.size() == 6);
    CHECK(whole[1] == "<stream:features><bind xmlns='b'/></stream:features>");
    CHECK(whole[2] == "<message from='a@x/1' id='7'><body>one &lt; two</body></message>");
    CHECK(whole[3] == "<presence/>");
    CHECK(whole[5] == "</stream:stream>");
    for (std::size_t step = 1; step < stream.size(); ++step) CHECK(pieces(stream, step) == whole);
}

TEST_CASE("The splitter gives up on a stanza without end") {
    Splitter splitter;
    const auto sink = [](Splitter::Piece, std::string_view) { return true; };
    CHECK(splitter.feed("<stream><message><body>", sink));
    CHECK_FALSE(splitter.feed(std::string(Splitter::largest_bytes + 1, 'x'), sink));
}

TEST_CASE("Names, attributes and texts are read from a stanza") {
    const std::string_view stanza =
        "<message to='b' from=\"a@x/1\" id = '7'><body xml:lang='en'>hi</body><first/></message>";
    CHECK(name_of(stanza) == "message");
    CHECK(name_of("<presence/>") == "presence");
    CHECK(attribute_of(stanza, "from") == "a@x/1");
    CHECK(attribute_of(stanza, "id") == "7");
    CHECK(attribute_of(stanza, "xml:lang") == "");
    CHECK(attribute_of("<a x='from=' from='y'/>", "from") == "y");
    CHECK(text_of(stanza, "body") == "hi");
    CHECK(text_of(stanza, "first") == "");
    CHECK(text_of(stanza, "last") == "");
}
