#include "journal/journal.h"

#include <doctest/doctest.h>

#include <thread>

#include "support/journal.h"

using namespace chancery;
using namespace chancery::journal;
using test::Folder, test::JournalHarness;

TEST_CASE("ARecordIsReadBackAsItWasSealed") {
    const Folder folder;
    JournalHarness harness(folder.path());
    const auto& first = harness.append("Where is my Romeo?", flag::deliverable);
    const auto& second = harness.append(std::string(300'000, 'x'));

    REQUIRE(first.durable);
    CHECK(first.position == 0);
    CHECK(second.position == 1);
    const auto entry = harness.journal.read(Position{0});
    REQUIRE(entry);
    CHECK(entry->text == "Where is my Romeo?");
    CHECK(entry->kind == Kind::message);
    CHECK(entry->flags == flag::deliverable);
    CHECK(entry->time == first.time);
    CHECK(entry->location == first.location);
    CHECK(harness.journal.read(second.location)->text == std::string(300'000, 'x'));
    CHECK(harness.journal.read(Position{2}).error() == ReadError::no_such);
    CHECK(harness.journal.durable_end() == 2);
    CHECK(harness.journal.queued_bytes() == 0);
}

TEST_CASE("AnEmptyRecordIsARecord") {
    const Folder folder;
    JournalHarness harness(folder.path());
    harness.append("");
    CHECK(harness.journal.read(Position{0})->text.empty());
}

TEST_CASE("TheJournalIsThereAgainAfterRestarts") {
    const Folder folder;
    for (int round = 0; round < 4; ++round) {
        JournalHarness harness(folder.path(), 4'096);
        CHECK(harness.journal.durable_end() == static_cast<Position>(round * 50));
        for (int i = 0; i < 50; ++i) harness.append("line " + std::to_string(round * 50 + i));
    }
    JournalHarness harness(folder.path(), 4'096);
    CHECK(harness.journal.status().segments > 3);
    for (Position i = 0; i < 200; ++i) CHECK(harness.journal.read(i)->text == "line " + std::to_string(i));
}

TEST_CASE("SeveralThreadsAppendInTheirOrder") {
    const Folder folder;
    JournalHarness harness(folder.path(), 100'000);
    std::vector<std::thread> threads;
    constexpr int each = 500;
    for (char name : {'a', 'b', 'c', 'd'})
        threads.emplace_back([&harness, name] {
            for (int i = 0; i < each; ++i) harness.send(name + std::to_string(i), 0, name);
        });
    for (auto& thread : threads) thread.join();
    harness.wait();

    std::map<char, int> next;
    Cursor cursor(harness.journal, 0);
    Time before{};
    for (Position position = 0; auto entry = cursor.next(); ++position) {
        REQUIRE(entry->has_value());
        CHECK((*entry)->position == position);
        CHECK((*entry)->time >= before);
        before = (*entry)->time;
        const auto name = (*entry)->text[0];
        CHECK((*entry)->text == name + std::to_string(next[name]++));
    }
    CHECK(cursor.position() == 4 * each);
    for (Position i = 0; i < harness.order().size(); ++i) CHECK(harness.order()[i]->position == i);
}

TEST_CASE("ReadersFollowWhileTheJournalGrows") {
    const Folder folder;
    JournalHarness harness(folder.path(), 20'000);
    std::thread reader([&] {
        Cursor cursor(harness.journal, 0);
        for (Position seen = 0; seen < 1'000;) {
            if (const auto entry = cursor.next()) {
                CHECK((*entry)->text == std::to_string(seen++));
                CHECK(harness.journal.read((*entry)->location)->text == (*entry)->text);
            }
        }
    });
    for (int i = 0; i < 1'000; ++i) harness.send(std::to_string(i));
    harness.wait();
    reader.join();
}

TEST_CASE("HeadingsAreScannedWithoutKeys") {
    const Folder folder;
    JournalHarness harness(folder.path());
    for (int i = 0; i < 10; ++i) harness.append("x", i % 2 ? flag::deliverable : 0);
    int deliverable = 0;
    const auto end = harness.journal.scan_headings(4, [&](const Heading& heading) {
        deliverable += heading.flags == flag::deliverable;
        return heading.position != 7;
    });
    CHECK(deliverable == 2);
    CHECK(end == 8);
}

TEST_CASE("CheckpointsCoverWhatIsOnRecordAndProofsHold") {
    const Folder folder;
    JournalHarness harness(folder.path(), 2'000);
    for (int i = 0; i < 37; ++i) harness.append("line " + std::to_string(i));
    const auto early = harness.journal.sign_checkpoint();
    CHECK(early.size == 37);
    for (int i = 37; i < 90; ++i) harness.append("line " + std::to_string(i));
    const auto late = harness.journal.sign_checkpoint();
    CHECK(late.size == 90);
    const auto& key = harness.journal.verifier_key();
    CHECK(open_note(late.note, key)->root == late.root);
    for (Position i = 0; i < 90; ++i) {
        auto proof = harness.journal.prove_inclusion(i);
        REQUIRE(proof);
        CHECK(verify_proof(*proof, key));
        proof->record[60] ^= 1;
        CHECK_FALSE(verify_proof(*proof, key));
    }
    auto proof = harness.journal.prove_consistency(early, late);
    REQUIRE(proof);
    CHECK(verify_proof(*proof, key));
    std::swap(proof->from, proof->to);
    CHECK_FALSE(verify_proof(*proof, key));
    CHECK_FALSE(harness.journal.prove_inclusion(90));
}

TEST_CASE("ADestroyedKeyErasesItsConversationAndNothingElse") {
    const Folder folder;
    std::uint32_t slot = 0;
    {
        JournalHarness harness(folder.path());
        harness.append("secret", 0, 'a');
        harness.append("kept", 0, 'b');
        slot = harness.journal.read(Position{0})->key_slot;
        CHECK(harness.journal.key_slots().size() == 2);
        CHECK(harness.journal.key_slots()[0].conversation == JournalHarness::id('a'));
        harness.journal.destroy(slot);
        CHECK(harness.journal.read(Position{0}).error() == ReadError::erased);
        CHECK(harness.journal.read(Position{1})->text == "kept");
        harness.append("a new month", 0, 'a');
        CHECK(harness.journal.read(Position{2})->text == "a new month");
    }
    JournalHarness harness(folder.path());
    CHECK(harness.journal.read(Position{0}).error() == ReadError::erased);
    CHECK(harness.journal.read(Position{2})->text == "a new month");
    harness.append("again", 0, 'b');
    CHECK(harness.journal.key_slots().size() == 2);  // the keys of this month are known after a restart
    const auto proof = (harness.journal.sign_checkpoint(), harness.journal.prove_inclusion(0));
    CHECK(verify_proof(*proof, harness.journal.verifier_key()));
}

TEST_CASE("OneJournalHasOneWriter") {
    const Folder folder;
    JournalHarness harness(folder.path());
    CHECK_THROWS_AS(JournalHarness(folder.path()), OpenError);
}

TEST_CASE("AJournalWithoutItsKeysIsNotOpened") {
    for (auto name : {"keys/kek", "keys/journal-signing", "keys/data-keys", "journal/checkpoints"}) {
        const Folder folder;
        {
            JournalHarness(folder.path()).append("x");
        }
        std::filesystem::remove(folder.path() / name);
        CHECK_THROWS_AS(JournalHarness(folder.path()), OpenError);
    }
}
