#include <doctest/doctest.h>

#include "support/play.h"

using namespace chancery::test;

TEST_CASE("XEP-0045 §7.6: to take a nickname that somebody has, or has reserved, is conflict, and the old one stays") {
    Play play;
    play.enters(play.romeo, "romeo");
    CHECK(play.romeo.refused("<presence to='hall@rooms.post.example/juliet'/>") == "cancel conflict");
    REQUIRE(play.reserves(play.juliet, "sun"));
    CHECK(play.romeo.refused("<presence to='hall@rooms.post.example/sun'/>") == "cancel conflict");
    CHECK(play.juliet.hears_nothing("<presence from='hall@rooms.post.example/romeo' type='unavailable'/>", {&play.romeo}));
}

TEST_CASE("XEP-0045 §7.14: to leave a room in which one is not is not answered") {
    Play play;
    play.romeo.says("<presence to='hall@rooms.post.example/romeo' type='unavailable'/>");
    CHECK(play.romeo.hears_nothing("<presence/>"));
}
