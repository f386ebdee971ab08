#include "core/ledger.h"

#include <doctest/doctest.h>
#include <unistd.h>

#include <fstream>

using namespace chancery;

namespace {

struct Directory {
    std::filesystem::path path =
        std::filesystem::temp_directory_path() / ("chancery-ledger-test-" + std::to_string(::getpid()));
    Directory() { std::filesystem::remove_all(path); }
    ~Directory() { std::filesystem::remove_all(path); }
};

std::vector<Ledger::Position> positions(const Ledger& ledger) {
    std::vector<Ledger::Position> found;
    for (const auto& waiting : ledger.waiting()) found.push_back(waiting.position);
    return found;
}

void add_all(Ledger& ledger, Ledger::Position end) {
    for (auto position = ledger.next(); position < end; ++position) ledger.add(position, position % 10 ? 7 : 0);
}

void settle(Ledger& ledger, std::vector<Ledger::Position> which) { ledger.settle(which); }

}  // namespace

TEST_CASE("WhatWasNotHandedOverWaitsAgainAfterACrash") {
    Directory directory;
    {
        Ledger ledger(directory.path);
        add_all(ledger, 8);
        settle(ledger, {1, 2, 5});
        CHECK(positions(ledger) == std::vector<Ledger::Position>{3, 4, 6, 7});
    }
    Ledger ledger(directory.path);
    CHECK(ledger.next() == 0);
    add_all(ledger, 8);
    CHECK(positions(ledger) == std::vector<Ledger::Position>{3, 4, 6, 7});
}

TEST_CASE("ASnapshotShortensTheReplayAndLosesNothing") {
    Directory directory;
    {
        Ledger ledger(directory.path);
        add_all(ledger, 6);
        settle(ledger, {1});
        ledger.snapshot();
        add_all(ledger, 9);
        settle(ledger, {2, 7});
    }
    Ledger ledger(directory.path);
    CHECK(ledger.next() == 6);
    add_all(ledger, 9);
    CHECK(positions(ledger) == std::vector<Ledger::Position>{3, 4, 5, 6, 8});
    ledger.snapshot();
    CHECK_FALSE(std::filesystem::exists(directory.path / "marks-0"));
}

TEST_CASE("MessagesThatWaitForLongCostNoSearch") {
    Directory directory;
    Ledger ledger(directory.path);
    ledger.add(0, 7);
    for (Ledger::Position position = 1; position < 40'000; ++position) {
        ledger.add(position, 7);
        ledger.settle(std::span(&position, 1));
    }
    CHECK(positions(ledger) == std::vector<Ledger::Position>{0});
    settle(ledger, {0});
    CHECK(ledger.waiting().empty());
}

TEST_CASE("ACrashBetweenTheNewMarksAndTheNewSnapshotLosesNothing") {
    Directory directory;
    {
        Ledger ledger(directory.path);
        add_all(ledger, 6);
        settle(ledger, {1});
    }
    std::ofstream(directory.path / "marks-1", std::ios::binary).write("\x04\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x06", 17);
    Ledger ledger(directory.path);
    add_all(ledger, 6);
    CHECK(positions(ledger) == std::vector<Ledger::Position>{2, 4, 5});
}

TEST_CASE("ADamagedSnapshotStopsTheStart") {
    Directory directory;
    {
        Ledger ledger(directory.path);
        add_all(ledger, 6);
        ledger.snapshot();
    }
    std::fstream file(directory.path / "snapshot", std::ios::in | std::ios::out | std::ios::binary);
    file.seekp(20).put('x');
    file.close();
    CHECK_THROWS_AS(Ledger{directory.path}, LedgerError);
}
