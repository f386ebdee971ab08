#include "core/returns.h"

#include <doctest/doctest.h>

using namespace chancery;

TEST_CASE("TheFirstErrorThatComesBackIsKeptForWhoWatches") {
    Returns returns;
    returns.take("one", {Condition::forbidden, "nobody waits for it"});
    {
        const Returns::Watch one(returns, "one"), two(returns, "two");
        CHECK_FALSE(one.error());
        returns.take("one", {Condition::not_allowed, "first"});
        returns.take("one", {Condition::forbidden, "second"});
        returns.take("three", {Condition::forbidden, "nobody's"});
        REQUIRE(one.error());
        CHECK(one.error()->text == "first");
        CHECK_FALSE(two.error());
    }
    const Returns::Watch again(returns, "one");
    CHECK_FALSE(again.error());
}
