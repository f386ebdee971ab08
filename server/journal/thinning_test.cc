#include "journal/thinning.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cstdlib>
#include <iostream>

#include "journal/verify.h"
#include "support/journal.h"

using namespace chancery;
using namespace chancery::journal;
using test::Folder;

namespace {

const Key seed = Key(std::string(32, 's'));
const auto start = from_micros(1'800'000'000'000'000);  // on the hour

std::string note(std::uint64_t size, Time time) {
    Checkpoint checkpoint{.origin = "capulet.lit", .size = size, .root = {}, .time = time};
    sign(checkpoint, seed);
    return checkpoint.note;
}

std::vector<std::uint64_t> sizes(std::string_view notes) {
    std::vector<std::uint64_t> found;
    while (const auto text = take_note(notes)) found.push_back(parse_note(*text)->size);
    return found;
}

/// A note a minute, with ten records in each.
std::string notes_of(int minutes) {
    std::string notes;
    for (int i = 0; i < minutes; ++i) notes += note(static_cast<std::uint64_t>(i) * 10, start + std::chrono::minutes(i));
    return notes;
}

std::size_t notes_in(const std::filesystem::path& file) { return sizes(read_file(file)).size(); }

/// A journal whose clock the test sets.
struct Clocked {
    explicit Clocked(const std::filesystem::path& folder, Time& now)
        : journal({.folder = folder / "journal", .keys = folder / "keys", .origin = "capulet.lit", .segment_bytes = 20'000,
                   .clock = [&now] { return now; }, .tick = 1h},
                  [this](Pending* first) {
                      for (; first; first = first->next) ++settled;
                      settled.notify_all();
                  }) {}

    Checkpoint append() {
        pending.push_back(std::make_unique<Pending>());
        journal.seal(*pending.back(), Kind::message, 0, test::JournalHarness::id('c'), "It is the east, and Juliet is the sun.");
        const auto before = settled.load();
        journal.submit(*pending.back());
        settled.wait(before);
        return journal.sign_checkpoint();
    }

    std::atomic<std::size_t> settled = 0;
    std::vector<std::unique_ptr<Pending>> pending;
    Journal journal;
};

}  // namespace

TEST_CASE("OfOldCheckpointsTheLastOfEachHourStays") {
    const auto now = start + std::chrono::minutes(240);
    const auto kept = sizes(thinned(notes_of(241), {}, now));
    REQUIRE(kept.size() == 64);
    CHECK(kept[0] == 0);                                    // the first
    CHECK(kept[1] == 590);                                  // the last of each hour
    CHECK(kept[2] == 1190);
    CHECK(kept[3] == 1790);
    CHECK(kept[4] == 1810);                                 // all of the last hour
    CHECK(kept.back() == 2400);
}

TEST_CASE("TheFirstCheckpointThatCoversASealedSegmentStays") {
    const auto now = start + std::chrono::hours(20);
    const auto kept = sizes(thinned(notes_of(120), {95, 100, 101}, now));
    CHECK(kept == std::vector<std::uint64_t>{0, 100, 110, 590, 1190});
}

TEST_CASE("NoMoreThanSoManyRecordsAreBetweenTwoCheckpoints") {
    std::string notes;
    for (std::uint64_t i = 0; i < 50; ++i) notes += note(i * 10'000, start + std::chrono::seconds(i));
    const auto kept = sizes(thinned(notes, {}, start + std::chrono::hours(5)));
    CHECK(kept.size() == 10);
    for (std::size_t i = 1; i < kept.size(); ++i) CHECK(kept[i] - kept[i - 1] <= 65'536);
}

TEST_CASE("ThinningTwiceChangesNothingAndWhatIsNoNoteStays") {
    const auto now = start + std::chrono::hours(20);
    const auto notes = notes_of(30) + "nonsense\n\nmore\n" + notes_of(30) + "capulet.lit\n30";
    const auto once = thinned(notes, {}, now);
    CHECK(once.contains("nonsense\n\nmore\n"));
    CHECK(once.ends_with("capulet.lit\n30"));
    CHECK(thinned(once, {}, now) == once);
    CHECK(thinned("", {}, now).empty());
}

TEST_CASE("AJournalWhoseCheckpointsAreThinnedVerifiesAndProvesItself") {
    const Folder folder;
    auto now = start;
    const auto file = folder.path() / "journal" / "checkpoints";
    Checkpoint gone;
    {
        Clocked clocked(folder.path(), now);
        for (int minute = 0; minute < 600; ++minute, now += std::chrono::minutes(1)) {
            const auto checkpoint = clocked.append();
            if (minute == 75) gone = checkpoint;
        }
        CHECK(notes_in(file) < 150);
        CHECK_FALSE(read_file(file).contains(gone.note));
        const auto proof = clocked.journal.prove_consistency(gone, clocked.journal.sign_checkpoint());
        REQUIRE(proof);
        CHECK(verify_proof(*proof, clocked.journal.verifier_key()));
    }
    replace_file(file.string() + ".new", "what a crash left of a thinning");
    now += std::chrono::hours(2);
    Clocked again(folder.path(), now);
    CHECK(again.append().size == 601);
    while (notes_in(file) >= 80) std::this_thread::yield();  // thinning follows the checkpoint
    const auto report = verify(folder.path() / "journal", again.journal.verifier_key(), std::nullopt);
    CHECK(report.is_good());
    CHECK(report.signed_records == 601);
    CHECK(report.segments > 3);
    CHECK(report.checkpoints < 80);
}

// Run by tests/faults/test_kill_while_thinning.py.
TEST_CASE("WritesAndThinsUntilItIsKilled" * doctest::skip()) {
    const char* folder = std::getenv("CHANCERY_TEST_FOLDER");
    REQUIRE(folder);
    auto now = start;
    Clocked clocked(folder, now);
    now = std::max(now, clocked.journal.status().checkpoint.time);
    while (true) {
        now += std::chrono::minutes(10);  // one in six checkpoints is followed by a thinning
        std::cout << clocked.append().size << std::endl;
    }
}

TEST_CASE("AJournalWhoseCheckpointsCannotBeThinnedGoesOn") {
    const Folder folder;
    auto now = start;
    const auto file = folder.path() / "journal" / "checkpoints";
    Clocked clocked(folder.path(), now);
    std::filesystem::create_directory(file.string() + ".new");
    for (int minute = 0; minute < 300; ++minute, now += std::chrono::minutes(1)) clocked.append();
    CHECK(clocked.journal.status().is_writing);
    CHECK(notes_in(file) >= 300);
    std::filesystem::remove(file.string() + ".new");
    now += std::chrono::hours(2);
    clocked.append();
    while (notes_in(file) > 100) clocked.journal.sign_checkpoint(std::chrono::milliseconds(1));
    CHECK(verify(folder.path() / "journal", clocked.journal.verifier_key(), std::nullopt).is_good());
}
