#include "features/rooms/pace.h"

#include <doctest/doctest.h>

namespace chancery::rooms {
namespace {

using namespace std::chrono_literals;

const Jid romeo = *Jid::parse("romeo@montague.example/orchard"), juliet = *Jid::parse("juliet@capulet.example");
const Time start = from_micros(1'800'000'000'000'000);

}  // namespace

TEST_CASE("Pace: so much at once, and then as fast as it is paid off, for each person") {
    Pace pace(3s);
    for (int i = 0; i < 4; ++i) CHECK_FALSE(pace.wait(romeo, 1s, start));
    CHECK(pace.wait(romeo, 1s, start) == 1s);
    CHECK(pace.wait(*Jid::parse("romeo@montague.example/elsewhere"), 1s, start + 500ms) == 1s);
    CHECK_FALSE(pace.wait(juliet, 1s, start));
    CHECK_FALSE(pace.wait(romeo, 1s, start + 1s));
    CHECK(pace.wait(romeo, 1s, start + 1s));
    CHECK_FALSE(pace.wait(romeo, 1s, start + 1h));
}

TEST_CASE("Pace: what costs much is taken on by who has asked for little") {
    Pace pace(3s);
    CHECK_FALSE(pace.wait(romeo, 1min, start));
    CHECK(pace.wait(romeo, 1ms, start) == 57s);
    CHECK_FALSE(pace.wait(romeo, 1ms, start + 57s));
}

}  // namespace chancery::rooms
