#include "core/roster.h"

#include <doctest/doctest.h>

#include "support/people.h"

using namespace chancery;

namespace {

const Jid romeo = *Jid::parse("romeo@example.org");

struct Rosters {
    test::Loop loop;
    test::People people;
    RosterStore store{people.database, Key("key of the rosters")};

    void add_and_remove(std::size_t count) {
        for (std::size_t i = 0; i < count; ++i) {
            const auto friend_ = *Jid::parse("f" + std::to_string(next_++) + "@example.org");
            test::wait(loop, store.save(romeo, friend_, Contact{.subscription = {}, .listed = true}));
            test::wait(loop, store.save(romeo, friend_, std::nullopt));
        }
    }
    std::int64_t rows() {
        return *people.database.read_now([](storage::Snapshot& snapshot) {
            return snapshot.one<std::int64_t>("SELECT COUNT(*) FROM roster");
        });
    }
    Roster load() { return test::wait(loop, store.load(romeo)); }

  private:
    int next_ = 0;
};

}  // namespace

TEST_CASE("WhoWasRemovedIsRememberedForABoundedNumberOfVersions") {
    Rosters rosters;
    rosters.add_and_remove(1'000);
    const auto roster = rosters.load();
    CHECK(roster.version == 2'000);
    CHECK(rosters.rows() < 600);
    CHECK(roster.removed.size() == 250);
    for (const auto& [contact, version] : roster.removed) CHECK(version > roster.oldest_known());
}

TEST_CASE("OfAYoungRosterNobodyIsForgotten") {
    Rosters rosters;
    rosters.add_and_remove(100);
    CHECK(rosters.load().removed.size() == 100);
    CHECK(rosters.load().oldest_known() <= 0);
}
