#include "components/stream.h"

#include <doctest/doctest.h>

#include "xml/parse.h"

namespace chancery::components {

TEST_CASE("TheGreetingIsTheHashOfIdAndSecret") {
    // printf 3BF96D32rosebud | sha1sum
    CHECK(greeting("3BF96D32", "rosebud") == "c92fbd24aae1b338313b65dc35eee847e1451bf1");
}

TEST_CASE("AComponentsStanzaIsAsAClientWouldWriteIt") {
    const std::string text = "<message to='a@b' from='c'><body>hi</body><x xmlns='urn:x'/></message>";
    const auto inherited = xml::parse(text, {}, ns_component);
    CHECK(to_client(inherited->root()) == text);
    const auto declared = xml::parse("<message xmlns='jabber:component:accept' to='a@b' from='c'><body>hi</body><x xmlns='urn:x'/></message>");
    CHECK(to_client(declared->root()) == text);
}

}  // namespace chancery::components
