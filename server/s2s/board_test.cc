#include "s2s/board.h"

#include <doctest/doctest.h>

using namespace chancery;
using s2s::Board;
using s2s::DomainStatus;

TEST_CASE("DomainsNamedInVainDoNotHideThePartners") {
    Board board;
    board.change("partner.example", [](DomainStatus& status) { status.received = 1; });
    board.change("waited-for.example", [](DomainStatus& status) { status.waiting = 1; });
    for (std::size_t i = 0; i < 2 * Board::most; ++i) board.failed("stranger" + std::to_string(i), "calls, but is nobody", Time());
    board.change("newcomer.example", [](DomainStatus& status) { status.streams_in = 1; });
    const auto all = board.all();
    CHECK(all.size() <= Board::most);
    CHECK(all.contains("partner.example"));
    CHECK(all.contains("waited-for.example"));
    CHECK(all.contains("newcomer.example"));
}
