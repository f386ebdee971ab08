#include "archive/archive.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <fstream>
#include <thread>

#include "archive/store.h"
#include "support/archive_fixture.h"

using namespace chancery;
using namespace chancery::archive;
using chancery::test::ArchiveFixture;
using chancery::test::said;

namespace {

std::vector<Position> positions(const HistoryPage& page) {
    std::vector<Position> all;
    for (const auto& item : page.items) all.push_back(item.position);
    return all;
}

std::vector<Position> positions(const SearchPage& page) {
    std::vector<Position> all;
    for (const auto& match : page.matches) all.push_back(match.position);
    return all;
}

Owner owner(ArchiveFixture& fixture, std::string_view bare) { return fixture.owners().of(bare); }
Jid jid(std::string_view text) { return *Jid::parse(text); }

/// Juliet with Romeo at even positions, with the nurse at odd ones.
std::vector<Record> play(std::size_t from, std::size_t to) {
    std::vector<Record> records;
    for (auto i = from; i < to; ++i)
        records.push_back(said("juliet@capulet.lit/balcony", i % 2 ? "nurse@capulet.lit/room" : "romeo@montague.lit/orchard",
                               "line " + std::to_string(i)));
    return records;
}

using List = std::vector<Position>;

std::string all_bytes(const std::filesystem::path& folder) {
    std::string bytes;
    for (const auto& file : std::filesystem::recursive_directory_iterator(folder)) {
        std::ifstream in(file.path(), std::ios::binary);
        bytes.append(std::istreambuf_iterator<char>(in), {});
    }
    return bytes;
}

}  // namespace

TEST_CASE("AHistoryIsTheSameWhereverTheIndexEnds") {
    constexpr std::size_t total = 24;
    for (std::size_t split = 0; split <= total; split += 3) {
        ArchiveFixture fixture({.batch_records = 5, .batch_age = 3600s});
        for (std::size_t i = 0; i < split; ++i) fixture.append(play(i, i + 1));  // each with a time of its own
        fixture.open_archive();
        REQUIRE(fixture.wait_until_indexed());
        for (auto i = split; i < total; ++i) fixture.append(play(i, i + 1));
        auto& archive = fixture.archive();
        const auto juliet = owner(fixture, "juliet@capulet.lit"), romeo = owner(fixture, "romeo@montague.lit");
        CAPTURE(split);
        CAPTURE(archive.status().indexed);

        CHECK(positions(*archive.history({.owner = juliet, .max = 4})) == List{0, 1, 2, 3});
        CHECK(positions(*archive.history({.owner = juliet, .from_end = true, .max = 4})) == List{20, 21, 22, 23});
        CHECK(positions(*archive.history({.owner = romeo, .max = 3})) == List{0, 2, 4});
        CHECK(positions(*archive.history({.owner = juliet, .with = romeo, .after = 4, .max = 3})) == List{6, 8, 10});
        CHECK(positions(*archive.history({.owner = juliet, .with = romeo, .before = 13, .from_end = true, .max = 3})) ==
              List{8, 10, 12});

        List forward;
        std::optional<Position> after;
        for (bool complete = false; !complete;) {
            const auto page = archive.history({.owner = juliet, .after = after, .max = 5});
            complete = page->complete;
            for (const auto position : positions(*page)) forward.push_back(position);
            after = forward.back();
        }
        List backward;
        std::optional<Position> before;
        for (bool complete = false; !complete;) {
            const auto page = archive.history({.owner = juliet, .before = before, .from_end = true, .max = 5});
            complete = page->complete;
            auto part = positions(*page);
            backward.insert(backward.begin(), part.begin(), part.end());
            before = backward.front();
        }
        CHECK(forward.size() == total);
        CHECK(forward == backward);

        const auto counted = archive.history({.owner = juliet, .with = romeo, .after = 6, .max = 2, .count = true});
        CHECK(counted->count == 12);
        CHECK(counted->index == 4);
        const auto some = archive.history({.owner = juliet, .ids = {22, 1, 7}});
        CHECK(positions(*some) == List{1, 7, 22});
        CHECK(some->complete);

        const auto all = archive.history({.owner = juliet, .max = 100});
        REQUIRE(all->items.size() == total);
        const auto time_of = [&](std::size_t i) { return all->items[i].time; };
        CHECK(positions(*archive.history({.owner = juliet, .start = time_of(9), .end = time_of(12)})) ==
              List{9, 10, 11, 12});
        CHECK(positions(*archive.history({.owner = juliet, .start = time_of(9) + 1us, .end = time_of(12) - 1us})) ==
              List{10, 11});
        CHECK(archive.history({.owner = juliet, .start = time_of(23) + 1s})->items.empty());
        const auto bounds = archive.bounds(juliet);
        REQUIRE(bounds);
        CHECK(bounds->first == 0);
        CHECK(bounds->last == 23);
        CHECK(bounds->last_time == time_of(23));

        CHECK(positions(archive.search({.words = "line 17"})) == List{17});
        CHECK(positions(archive.search({.to = jid("nurse@capulet.lit"), .since = time_of(18)})) == List{19, 21, 23});
        CHECK(positions(archive.search({.from = jid("juliet@capulet.lit"), .to = jid("romeo@montague.lit"),
                                        .words = "lines", .after = 15, .limit = 2})) == List{16, 18});
        CHECK(positions(archive.search({.until = time_of(2)})) == List{0, 1, 2});
    }
}

TEST_CASE("ALongHistoryIsCountedAcrossPiecesAndRuns") {
    constexpr std::size_t messages = 6'000;  // of juliet: a dozen pieces when all is merged, and several before
    for (const std::size_t batch_records : {700u, 100'000u}) {
        CAPTURE(batch_records);
        ArchiveFixture fixture({.batch_records = batch_records, .batch_age = 1ms});
        fixture.append(play(0, messages));
        fixture.open_archive();
        REQUIRE(fixture.wait_until_indexed());
        const auto juliet = owner(fixture, "juliet@capulet.lit"), romeo = owner(fixture, "romeo@montague.lit");
        for (const Position after : {Position{0}, Position{499}, Position{700}, Position{1'023}, Position{3'131}, Position{5'998}}) {
            const auto all = fixture.archive().history({.owner = juliet, .after = after, .max = 1, .count = true});
            CHECK(all->count == messages);
            CHECK(all->index == after + 1);
            const auto theirs = fixture.archive().history({.owner = juliet, .with = romeo, .after = after, .max = 1, .count = true});
            CHECK(theirs->count == messages / 2);
            if (!theirs->items.empty()) CHECK(theirs->index == theirs->items[0].position / 2);
        }
    }
}

TEST_CASE("AHistoryWithManyNamesEachWhoWroteIt") {
    constexpr std::size_t people = 30;  // more than a page remembers the addresses of
    ArchiveFixture fixture;
    std::vector<Record> records;
    for (std::size_t i = 0; i < 4 * people; ++i) {
        const std::string juliet = "juliet@capulet.lit/balcony", other = "guest" + std::to_string(i * 7 % people) + "@montague.lit/mask";
        records.push_back(i % 3 ? said(juliet, other, "line " + std::to_string(i)) : said(other, juliet, "line " + std::to_string(i)));
    }
    fixture.append(records);
    fixture.open_archive();
    REQUIRE(fixture.wait_until_indexed());
    for (const bool from_end : {false, true}) {
        const auto page = fixture.archive().history({.owner = owner(fixture, "juliet@capulet.lit"), .from_end = from_end, .max = 500});
        REQUIRE(page->items.size() == records.size());
        for (std::size_t i = 0; i < records.size(); ++i) {
            CHECK(page->items[i].from == records[i].from);
            CHECK(page->items[i].stanza == records[i].stanza);
        }
    }
}

TEST_CASE("AnUnknownPlaceIsRefused") {
    ArchiveFixture fixture;
    fixture.open_archive();
    fixture.append(play(0, 4));
    const auto romeo = owner(fixture, "romeo@montague.lit");
    for (const bool is_indexed : {false, true}) {
        if (is_indexed) REQUIRE(fixture.wait_until_indexed());
        REQUIRE(fixture.archive().wait_until_ready(5s));
        CHECK(fixture.archive().history({.owner = romeo, .after = 1}).error() == HistoryRefusal::item_not_found);
        CHECK(fixture.archive().history({.owner = romeo, .before = 99}).error() == HistoryRefusal::item_not_found);
        CHECK(fixture.archive().history({.owner = romeo, .ids = {0, 3}}).error() == HistoryRefusal::item_not_found);
        CHECK(fixture.archive().history({.owner = romeo, .after = 0}));
        CHECK_FALSE(fixture.archive().bounds(owner(fixture, "tybalt@capulet.lit")));
    }
}

TEST_CASE("AResourceNarrowsWith") {
    ArchiveFixture fixture;
    fixture.open_archive();
    fixture.append({said("juliet@capulet.lit/a", "romeo@montague.lit/one", "1"),
                    said("romeo@montague.lit/two", "juliet@capulet.lit/a", "2"),
                    said("juliet@capulet.lit/a", "romeo@montague.lit/two", "3")});
    REQUIRE(fixture.wait_until_indexed());
    const HistoryQuery query{.owner = owner(fixture, "juliet@capulet.lit"),
                             .with = owner(fixture, "romeo@montague.lit"),
                             .with_full = jid("romeo@montague.lit/two")};
    CHECK(positions(*fixture.archive().history(query)) == List{1, 2});
}

TEST_CASE("ARefusedMessageIsFoundByOfficersAndInNobodysHistory") {
    ArchiveFixture fixture;
    fixture.open_archive();
    auto refused = said("romeo@montague.lit/orchard", "juliet@capulet.lit", "Forbidden love");
    refused.in_sender_history = refused.in_recipient_history = false;
    refused.rule = "feud";
    refused.reason = "the houses do not talk";
    fixture.append({refused}, journal::flag::refused);
    for (const bool is_indexed : {false, true}) {
        if (is_indexed) REQUIRE(fixture.wait_until_indexed());
        REQUIRE(fixture.archive().wait_until_ready(5s));
        const auto found = fixture.archive().search({.words = "forbidden"});
        REQUIRE(found.matches.size() == 1);
        CHECK(found.matches[0].refused);
        CHECK(found.matches[0].record == refused);
        CHECK(positions(fixture.archive().search({.from = jid("romeo@montague.lit")})) == List{0});
        for (const auto* bare : {"romeo@montague.lit", "juliet@capulet.lit"})
            CHECK(fixture.archive().history({.owner = owner(fixture, bare)})->items.empty());
    }
    CHECK(fixture.archive().show(0)->record == refused);
    CHECK_FALSE(fixture.archive().show(1));
}

TEST_CASE("WordsAreFoundInTheirInflectionsAndLanguages") {
    ArchiveFixture fixture({.languages = {"english", "french", "german"}, .batch_age = 20ms});
    fixture.open_archive();
    const std::vector<std::string> bodies = {
        "The ministers are negotiating treaties",          // 0
        "Les élèves de l'École étaient réunis",            // 1
        "Die Größe der Straßen in Köln",                   // 2
        "Секретные документы отправлены",                  // 3
        "会議は東京で行われます",                          // 4
        "Dossier INC-4711 of 2026, 3.14 &amp; &lt;more&gt;",  // 5
        "η συνάντηση των υπουργών",                        // 6
    };
    std::vector<Record> records;
    for (const auto& body : bodies) records.push_back(said("a@gov.example/x", "b@gov.example/y", body));
    fixture.append(records);
    for (const bool is_indexed : {false, true}) {
        if (is_indexed) REQUIRE(fixture.wait_until_indexed());
        REQUIRE(fixture.archive().wait_until_ready(5s));
        CAPTURE(is_indexed);
        const auto find = [&](std::string words) { return positions(fixture.archive().search({.words = std::move(words)})); };
        CHECK(find("minister negotiated TREATY") == List{0});
        CHECK(find("eleve ecole") == List{1});
        CHECK(find("strasse") == List{2});
        CHECK(find("GRÖSSE koln") == List{2});
        CHECK(find("документ") == List{3});
        CHECK(find("東京") == List{4});
        CHECK(find("京東").empty());
        CHECK(find("4711") == List{5});
        CHECK(find("inc 2026 more") == List{5});
        CHECK(find("συναντηση") == List{6});
        CHECK(find("\"Negotiating  TREATIES\"") == List{0});
        CHECK(find("\"treaties negotiating\"").empty());
        CHECK(find("ministers \"are negotiating\"") == List{0});
        CHECK(find("&") == List{5});
        CHECK(find("absent").empty());
        CHECK(find("").size() == bodies.size());
    }
}

TEST_CASE("TheIndexNamesNobodyAndSaysNothing") {
    ArchiveFixture fixture({.batch_records = 8, .batch_age = 20ms});
    fixture.open_archive();
    fixture.append(std::vector<Record>(40, said("mercutio@verona.lit/tomb", "benvolio@verona.lit", "plague houses")));
    REQUIRE(fixture.wait_until_indexed());
    const auto bytes = all_bytes(fixture.folder() / "index");
    CHECK(bytes.size() > 4'096);
    for (const auto* secret : {"mercutio", "benvolio", "verona", "tomb", "plague", "plagu", "hous", "message"})
        CHECK(bytes.find(secret) == std::string::npos);
}

TEST_CASE("ALostOrDamagedIndexIsBuiltAgain") {
    ArchiveFixture fixture({.batch_records = 16, .batch_age = 20ms});
    fixture.append(play(0, 300));
    fixture.open_archive();
    REQUIRE(fixture.wait_until_indexed());
    const HistoryQuery query{.owner = owner(fixture, "juliet@capulet.lit"),
                             .with = owner(fixture, "romeo@montague.lit"),
                             .from_end = true};
    const auto expected = positions(*fixture.archive().history(query));
    REQUIRE(expected.size() == 50);

    const auto reopen = [&](auto harm) {
        fixture.close();
        harm();
        fixture.open_journal();
        fixture.open_archive();
        REQUIRE(fixture.wait_until_indexed());
        CHECK(positions(*fixture.archive().history(query)) == expected);
        CHECK(positions(fixture.archive().search({.words = "line 123"})) == List{123});
    };
    reopen([] {});
    reopen([&] { std::filesystem::remove_all(fixture.folder() / "index"); });
    reopen([&] { std::ofstream(fixture.index_file(), std::ios::trunc) << std::string(10'000, '?'); });
    CHECK(std::filesystem::exists(fixture.folder() / "index" / "index.damaged.db"));
    reopen([&] { fixture.options().languages = {"german"}; });

    fixture.archive().rebuild();
    for (int i = 0; i < 1'000 && !fixture.archive().status().rebuilding && fixture.archive().status().ready; ++i)
        std::this_thread::sleep_for(1ms);
    REQUIRE(fixture.wait_until_indexed());
    CHECK(positions(*fixture.archive().history(query)) == expected);
}

TEST_CASE("ABlockThatHasChangedIsNoticedAndTheIndexBuiltAgain") {
    ArchiveFixture fixture({.batch_records = 64, .batch_age = 20ms});
    fixture.append(play(0, 64));
    fixture.open_archive();
    REQUIRE(fixture.wait_until_indexed());
    fixture.close();
    {
        storage::Connection connection(fixture.index_file(), storage::Access::write);
        connection.execute("UPDATE block SET bytes = CAST(substr(bytes, 1, 40) AS BLOB)");
    }
    fixture.open_journal();
    fixture.open_archive();
    REQUIRE(fixture.archive().wait_until_ready(5s));
    const HistoryQuery query{.owner = owner(fixture, "juliet@capulet.lit")};
    CHECK_THROWS_AS(fixture.archive().history(query), NotReady);
    for (int i = 0; i < 1'000; ++i) {
        try {
            const auto page = fixture.archive().history(query);
            CHECK(page->items.size() == 50);
            return;
        } catch (const NotReady&) {
            std::this_thread::sleep_for(5ms);
        }
    }
    FAIL("the index was not built again");
}

TEST_CASE("AnErasedRecordLeavesTheHistoryAndIsShownAsErased") {
    ArchiveFixture fixture;
    fixture.open_archive();
    fixture.append(play(0, 6));
    REQUIRE(fixture.wait_until_indexed());
    fixture.journal().destroy(fixture.journal().key_slots().front().slot);  // Juliet and Romeo: 0, 2, 4
    const auto juliet = owner(fixture, "juliet@capulet.lit");
    CHECK(positions(*fixture.archive().history({.owner = juliet})) == List{1, 3, 5});
    CHECK(positions(*fixture.archive().history({.owner = juliet, .after = 2})) == List{3, 5});
    CHECK(positions(fixture.archive().search({.words = "line"})) == List{1, 3, 5});
    const auto found = fixture.archive().search({.to = jid("romeo@montague.lit")});
    CHECK(positions(found) == List{0, 2, 4});
    CHECK(found.matches.at(0).erased);
    CHECK_FALSE(found.matches.at(0).record);
    CHECK(fixture.archive().show(0)->erased);
}

TEST_CASE("WithoutAnIndexHistoriesAreNotReadyAndTheJournalGoesOn") {
    ArchiveFixture fixture({.batch_age = 20ms, .tail_limit = 10});
    std::ofstream(fixture.folder() / "index") << "a file where the folder should be";
    fixture.open_archive();
    fixture.append(play(0, 20));
    CHECK_FALSE(fixture.archive().wait_until_ready(50ms));
    const HistoryQuery query{.owner = owner(fixture, "juliet@capulet.lit")};
    CHECK_THROWS_AS(fixture.archive().history(query), NotReady);
    CHECK(fixture.archive().status().journal_end == 20);
    CHECK_FALSE(fixture.archive().status().failure.empty());
    std::filesystem::remove(fixture.folder() / "index");
    REQUIRE(fixture.wait_until_indexed());
    CHECK(fixture.archive().history(query)->items.size() == 20);
    CHECK(fixture.archive().status().failure.empty());
}

TEST_CASE("ReadersSeeEverythingWhileTheIndexGrowsAndMerges") {
    ArchiveFixture fixture({.batch_records = 16, .batch_age = 1ms});
    fixture.open_archive();
    REQUIRE(fixture.archive().wait_until_ready(5s));
    std::atomic<std::size_t> appended = 0, wrong = 0, asked = 0;
    std::atomic<bool> done = false;
    const auto juliet = owner(fixture, "juliet@capulet.lit");
    const auto read = [&] {
        while (!done) {
            const auto least = appended.load();
            const auto page = fixture.archive().history({.owner = juliet, .from_end = true, .max = 3, .count = true});
            const auto expected = page->items.empty() ? 0 : page->items.back().position + 1;
            if (expected < least || page->count != expected) ++wrong;
            ++asked;
        }
    };
    std::vector<std::thread> readers;
    for (int i = 0; i < 2; ++i) readers.emplace_back(read);
    for (std::size_t i = 0; i < 1'200; i += 20) {
        fixture.append(play(i, i + 20));
        appended = i + 20;
    }
    REQUIRE(fixture.wait_until_indexed());
    done = true;
    for (auto& reader : readers) reader.join();
    CHECK(asked > 0);
    CHECK(wrong == 0);
}
