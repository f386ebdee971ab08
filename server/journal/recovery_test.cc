// What is found when a journal is opened again after it was cut, torn, damaged or killed.
#include "journal/recovery.h"

#include <doctest/doctest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <random>

#include "base/bytes.h"
#include "journal/verify.h"
#include "support/journal.h"

using namespace chancery;
using namespace chancery::journal;
using test::Folder, test::JournalHarness;

namespace {

constexpr std::size_t ahead = 1 << 20;

/// Three durable records under a checkpoint, then a batch of three more that no checkpoint covers.
struct Crashed {
    Crashed() {
        {
            JournalHarness harness(folder.path(), 64 << 20, Disk::real(), 1h);
            for (int i = 0; i < 3; ++i) harness.append("covered " + std::to_string(i));
            harness.journal.sign_checkpoint();
            std::filesystem::copy(folder.path() / "journal", folder.path() / "then");
            for (int i = 0; i < 3; ++i) harness.send("batch " + std::to_string(i));
            harness.wait();
            for (int i = 0; i < 6; ++i) places.push_back(harness.journal.locate(i)->offset);
            end = static_cast<std::uint32_t>(harness.journal.status().bytes);
        }
        bytes = read_file(segment());
        bytes.resize(end);
        // Put the checkpoints and the tree back to what a power cut within the second would have left.
        std::filesystem::copy(folder.path() / "then" / "checkpoints",
                              folder.path() / "journal" / "checkpoints",
                              std::filesystem::copy_options::overwrite_existing);
        std::filesystem::copy(folder.path() / "then" / "tree", folder.path() / "journal" / "tree",
                              std::filesystem::copy_options::overwrite_existing);
    }

    std::filesystem::path segment() const { return folder.path() / "journal" / "00000000.segment"; }

    /// Lays down the segment with these bytes and zeros behind them, opens it and says where it ends.
    Position reopened_end(std::string content) {
        content.resize(end + ahead);
        replace_file(segment(), content);
        JournalHarness harness(folder.path());
        const auto found = harness.journal.durable_end();
        CHECK(harness.append("after").position == found);
        CHECK(harness.journal.read(found)->text == "after");
        return found;
    }

    /// Each try begins where the last one began.
    void restore() {
        for (auto name : {"checkpoints", "tree"})
            std::filesystem::copy(folder.path() / "then" / name, folder.path() / "journal" / name,
                                  std::filesystem::copy_options::overwrite_existing);
    }

    Folder folder;
    std::vector<std::uint32_t> places;
    std::uint32_t end = 0;
    std::string bytes;
};

}  // namespace

TEST_CASE("ABatchCutAtAnyByteIsLeftOutFromTheFirstRecordThatIsNotWhole") {
    Crashed crashed;
    for (auto cut = crashed.places[3]; cut <= crashed.end; ++cut) {
        crashed.restore();
        Position whole = 3;
        while (whole < 6 && (whole == 5 ? crashed.end : crashed.places[whole + 1]) <= cut) ++whole;
        CHECK(crashed.reopened_end(crashed.bytes.substr(0, cut)) == whole);
    }
}

TEST_CASE("ABatchOfWhichALaterPageWasWrittenFirstIsLeftOut") {
    Crashed crashed;
    auto content = crashed.bytes;
    const auto batch_index = record_header(std::string_view(content).substr(crashed.places[5])).batch_index;
    if (batch_index < 2) return;  // the machine was slow, and the three were no single batch
    content.replace(crashed.places[3], 20, std::string(20, '\0'));
    CHECK(crashed.reopened_end(content) == 3);
}

TEST_CASE("DamageUnderACheckpointIsNotCutOff") {
    Crashed crashed;
    for (auto at : {crashed.places[0] + 5, crashed.places[1] + 60, crashed.places[2] + 4}) {
        auto content = crashed.bytes;
        content[at] ^= 1;
        CHECK_THROWS_AS(crashed.reopened_end(content), OpenError);
    }
    CHECK_THROWS_AS(crashed.reopened_end(crashed.bytes.substr(0, crashed.places[2])), OpenError);
    try {
        crashed.reopened_end(crashed.bytes.substr(0, crashed.places[2] + 9));
    } catch (const OpenError& error) {
        const std::string text = error.what();
        CHECK(text.find("position 2 ") != text.npos);
        CHECK(text.find("chancery archive verify") != text.npos);
    }
}

TEST_CASE("DamageThatALaterBatchProvesIsNotCutOff") {
    Crashed crashed;
    {
        crashed.restore();
        JournalHarness harness(crashed.folder.path(), 64 << 20, Disk::real(), 1h);
        harness.append("a batch of its own");
    }
    crashed.restore();
    auto content = read_file(crashed.segment());
    content[crashed.places[4] + 50] ^= 1;
    replace_file(crashed.segment(), content);
    CHECK_THROWS_AS(JournalHarness(crashed.folder.path()), OpenError);
}

TEST_CASE("AMissingOrWrongTreeIsRebuilt") {
    const Folder folder;
    Checkpoint before;
    {
        JournalHarness harness(folder.path(), 2'000);
        for (int i = 0; i < 60; ++i) harness.append("line");
        before = harness.journal.sign_checkpoint();
    }
    const auto tree = folder.path() / "journal" / "tree";
    const auto right = read_file(tree);
    for (const auto& wrong : {std::string(), right.substr(0, 100), std::string(right.size(), 'x')}) {
        replace_file(tree, wrong);
        JournalHarness harness(folder.path(), 2'000);
        CHECK(read_file(tree) == right);
        CHECK(harness.journal.checkpoint().root == before.root);
    }
}

TEST_CASE("AnUnfinishedCheckpointIsCutOff") {
    const Folder folder;
    {
        JournalHarness harness(folder.path());
        harness.append("x");
    }
    const auto path = folder.path() / "journal" / "checkpoints";
    const auto whole = read_file(path);
    const auto size = whole.size();
    const auto last_note = whole.rfind("capulet.lit\n1\n");
    REQUIRE(last_note != whole.npos);
    for (auto cut = last_note + 1; cut < size; cut += 7) {
        replace_file(path, whole.substr(0, cut));
        JournalHarness harness(folder.path());
        harness.journal.sign_checkpoint();
        CHECK(verify(folder.path() / "journal", harness.journal.verifier_key()).is_good());
    }
}

TEST_CASE("ACheckpointThatIsNotOursIsRefused") {
    const Folder folder;
    {
        JournalHarness(folder.path()).append("x");
    }
    replace_file(folder.path() / "keys" / "journal-signing", std::string(32, 'k'));
    CHECK_THROWS_AS(JournalHarness(folder.path()), OpenError);
}

TEST_CASE("ASegmentThatWasSealedJustBeforeTheCrashIsGoneOnFrom") {
    const Folder folder;
    {
        JournalHarness harness(folder.path(), 2'000);
        while (harness.journal.status().segments < 3) harness.append("line");
        harness.wait();
    }
    // The last segment has no record: as if its making had not come about.
    const auto name = folder.path() / "journal" / "00000002.segment";
    const auto header = read_segment_header(read_file(name));
    std::optional<Position> last;
    {
        JournalHarness harness(folder.path(), 2'000);
        last = harness.journal.durable_end();
    }
    if (header->first != *last) return;  // a record had come into it
    std::filesystem::remove(name);
    JournalHarness harness(folder.path(), 2'000);
    CHECK(harness.append("next").position == *last);
}

namespace {

/// Appends until it is killed; writes every acknowledged position to the pipe.
[[noreturn]] void append_forever(const std::filesystem::path& folder, int acknowledge) {
    std::atomic<Position> settled = 0;
    Journal journal({.folder = folder / "journal",
                     .keys = folder / "keys",
                     .origin = "capulet.lit",
                     .segment_bytes = 50'000,
                     .tick = 5ms},
                    [&](Pending* first) {
                        for (; first; first = first->next, ++settled)
                            if (::write(acknowledge, &first->position, sizeof first->position) < 0)
                                ::_exit(1);
                    });
    std::deque<Pending> records;
    for (Position i = journal.durable_end(), sent = 0;; ++i, ++sent) {
        auto& record = records.emplace_back();
        journal.seal(record, Kind::message, 0, JournalHarness::id(char('a' + i % 5)),
                     "record " + std::to_string(i));
        journal.submit(record);
        while (sent > settled + 20) std::this_thread::yield();
    }
}

/// The positions that a killed child acknowledged; at least one.
std::vector<Position> run_and_kill(const std::filesystem::path& folder, int after_us) {
    int ends[2];
    REQUIRE(::pipe(ends) == 0);
    const auto child = ::fork();
    if (child == 0) {
        ::close(ends[0]);
        append_forever(folder, ends[1]);
    }
    ::close(ends[1]);
    std::vector<Position> acknowledged(1);
    REQUIRE(::read(ends[0], &acknowledged[0], sizeof(Position)) == sizeof(Position));
    std::this_thread::sleep_for(std::chrono::microseconds(after_us));
    ::kill(child, SIGKILL);
    ::waitpid(child, nullptr, 0);
    for (Position position = 0; ::read(ends[0], &position, sizeof position) == sizeof position;)
        acknowledged.push_back(position);
    ::close(ends[0]);
    return acknowledged;
}

}  // namespace

TEST_CASE("WhatWasAcknowledgedIsThereAfterKill9") {
    const Folder folder;
    std::minstd_rand random(20261122);
    Position expected = 0;
    for (int round = 0; round < 20; ++round) {
        const auto acknowledged = run_and_kill(folder.path(), static_cast<int>(random() % 40'000));
        for (const auto position : acknowledged) CHECK(position == expected++);
        JournalHarness harness(folder.path(), 50'000);
        REQUIRE(harness.journal.durable_end() >= expected);
        expected = harness.journal.durable_end();
        CHECK(harness.journal.read(acknowledged.back())->text ==
              "record " + std::to_string(acknowledged.back()));
    }
    JournalHarness harness(folder.path(), 50'000);
    Position position = 0;
    Cursor cursor(harness.journal, 0);
    for (; auto entry = cursor.next(); ++position)
        CHECK((*entry)->text == "record " + std::to_string(position));
    CHECK(position == expected);
    CHECK(verify(folder.path() / "journal", harness.journal.verifier_key()).is_good());
}
