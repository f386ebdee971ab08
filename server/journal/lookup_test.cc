#include "journal/lookup.h"

#include <doctest/doctest.h>

#include <fstream>
#include <random>
#include <string>
#include <vector>

#include "support/journal.h"

using namespace chancery;
using namespace chancery::journal;
using test::Folder, test::JournalHarness;

namespace {

std::string text_of(Position position) {  // of many sizes, some larger than what is read at once
    const auto size = position % 97 == 5 ? 20'000 : position % 13 == 0 ? 3'000 : position % 300;
    return "line " + std::to_string(position) + std::string(size, 'x');
}

}  // namespace

TEST_CASE("ALookupReadsWhatTheJournalReadsInAnyOrder") {
    const Folder folder;
    JournalHarness harness(folder.path(), 200'000);
    constexpr Position count = 3'000;
    for (Position i = 0; i < count; ++i) {
        harness.send(text_of(i), 0, static_cast<char>('a' + i % 7));
        if (i % 100 == 99) harness.wait();  // a batch stays in one segment
    }
    REQUIRE(harness.journal.status().segments > 3);

    const auto check = [&](Lookup& lookup, Position position) {
        const auto entry = lookup.read(position), expected = harness.journal.read(position);
        REQUIRE(entry);
        CHECK(entry->text == text_of(position));
        CHECK(entry->position == position);
        CHECK(entry->location == expected->location);
        CHECK(entry->time == expected->time);
        CHECK(entry->key_slot == expected->key_slot);
    };
    for (const Position step : {1, 3, 40}) {
        Lookup forward(harness.journal), backward(harness.journal);
        for (Position i = 0; i < count; i += step) check(forward, i);
        for (Position i = count; i >= step; i -= step) check(backward, i - step);
    }
    Lookup anywhere(harness.journal);
    std::mt19937 random(1);
    for (int i = 0; i < 2'000; ++i) check(anywhere, random() % count);
    CHECK(anywhere.read(count).error() == ReadError::no_such);
    check(anywhere, 0);
}

TEST_CASE("ALookupSeesWhatIsAppendedMeanwhile") {
    const Folder folder;
    JournalHarness harness(folder.path(), 20'000);
    Lookup lookup(harness.journal);
    for (Position i = 0; i < 200; ++i) {
        CHECK(lookup.read(i).error() == ReadError::no_such);
        harness.append(text_of(i));
        REQUIRE(lookup.read(i));
        CHECK(lookup.read(i)->text == text_of(i));
        CHECK(lookup.read(i / 2)->text == text_of(i / 2));
    }
}

TEST_CASE("ALookupTellsErasedAndDamagedRecords") {
    const Folder folder;
    JournalHarness harness(folder.path());
    for (int i = 0; i < 30; ++i) harness.append("line " + std::to_string(i), 0, i % 2 ? 'a' : 'b');
    harness.journal.destroy(harness.journal.read(Position{1})->key_slot);
    const auto place = harness.journal.read(Position{20})->location;
    {
        std::fstream file(folder.path() / "journal" / segment_name(place.segment), std::ios::in | std::ios::out | std::ios::binary);
        file.seekp(place.offset + sizeof(RecordHeader) + 3);
        file.put('?');
    }
    Lookup lookup(harness.journal);
    for (Position i = 0; i < 30; ++i) {
        const auto entry = lookup.read(i);
        if (i == 20) CHECK(entry.error() == ReadError::damaged);
        else if (i % 2) CHECK(entry.error() == ReadError::erased);
        else CHECK(entry->text == "line " + std::to_string(i));
    }
}
