#include "features/pubsub/form.h"

#include <doctest/doctest.h>

namespace chancery::pubsub {

TEST_CASE("XEP-0068 §3.1: a form of another type than is asked for is bad-request") {
    const auto form = form_of("submit", "urn:example:another", {});
    const auto fields = fields_of(form, "http://jabber.org/protocol/pubsub#node_config");
    REQUIRE_FALSE(fields);
    CHECK(name_of(fields.error().condition) == "bad-request");
}

TEST_CASE("XEP-0004 §3.2: a field has all its values, and one without a value is there") {
    const auto form = xml::Element::parse("<x xmlns='jabber:x:data' type='submit'><field var='two'><value>1</value><value>2</value></field>"
                                          "<field var='none'/></x>");
    REQUIRE(form);
    const auto fields = fields_of(*form, "urn:example:any");
    REQUIRE(fields);
    REQUIRE(fields->size() == 2);
    CHECK(fields->front().values == std::vector<std::string>{"1", "2"});
    CHECK(fields->back().values.empty());
}

}  // namespace chancery::pubsub
