// The journal refuses what it cannot write, says why, and goes on by itself when it can.
#include <doctest/doctest.h>
#include <sys/mount.h>
#include <unistd.h>

#include <cerrno>
#include <fstream>

#include "journal/verify.h"
#include "support/journal.h"

using namespace chancery;
using namespace chancery::journal;
using test::Folder, test::JournalHarness;

namespace {

/// A disk that can be told to fail.
class FailingDisk : public Disk {
  public:
    std::ptrdiff_t write_at(int descriptor, const char* bytes, std::size_t size,
                            std::uint64_t offset) override {
        if (write_error == 0) return Disk::write_at(descriptor, bytes, size, offset);
        // A part of it arrives, as on a disk that fills up.
        if (size > 1) Disk::write_at(descriptor, bytes, size / 2, offset);
        errno = write_error;
        return -1;
    }
    int sync(int descriptor) override {
        if (sync_error == 0) return Disk::sync(descriptor);
        Disk::sync(descriptor);  // the bytes may well be there: the outcome is unknown
        errno = sync_error;
        return -1;
    }
    std::atomic<int> write_error = 0, sync_error = 0;
};

bool says(std::string_view text, std::string_view part) { return text.find(part) != text.npos; }

std::vector<std::string> texts(const Journal& journal) {
    std::vector<std::string> all;
    Cursor cursor(journal, 0);
    while (auto entry = cursor.next()) all.push_back((*entry)->text);
    return all;
}

}  // namespace

TEST_CASE("ARecordThatCouldNotBeSynchronisedIsRefusedAndNeverAppears") {
    const Folder folder;
    FailingDisk disk;
    {
        JournalHarness harness(folder.path(), 64 << 20, disk, 10ms);
        harness.append("before");
        disk.sync_error = EIO;
        const auto& refused = harness.append("refused");
        CHECK_FALSE(refused.durable);
        CHECK(says(refused.failure(), "Input/output error"));
        CHECK(says(refused.failure(), "To mend it"));
        CHECK(harness.journal.durable_end() == 1);
        CHECK_FALSE(harness.journal.status().is_writing);
        CHECK_FALSE(harness.append("refused at once").durable);
        CHECK(harness.journal.read(Position{0})->text == "before");  // reading goes on

        disk.sync_error = 0;
        harness.wait_until_writing(true);
        CHECK(harness.journal.status().refused == 2);
        const auto& after = harness.append("after");
        CHECK(after.durable);
        CHECK(after.position == 1);
        CHECK(after.location.segment == 1);  // a fresh one
        CHECK(texts(harness.journal) == std::vector<std::string>{"before", "after"});
    }
    JournalHarness harness(folder.path());
    CHECK(texts(harness.journal) == std::vector<std::string>{"before", "after"});
    CHECK(verify(folder.path() / "journal", harness.journal.verifier_key()).is_good());
}

TEST_CASE("ARefusedRecordIsNotThereAfterARestartWithoutHealing") {
    const Folder folder;
    FailingDisk disk;
    {
        JournalHarness harness(folder.path(), 64 << 20, disk, 1h);
        harness.append("before");
        disk.sync_error = EIO;
        harness.append("refused");
    }
    JournalHarness harness(folder.path());
    CHECK(texts(harness.journal) == std::vector<std::string>{"before"});
}

TEST_CASE("AFailureBeforeTheFirstRecordHealsToo") {
    const Folder folder;
    FailingDisk disk;
    JournalHarness harness(folder.path(), 64 << 20, disk, 10ms);
    disk.write_error = ENOSPC;
    CHECK(says(harness.append("refused").failure(), "free or add space"));
    disk.write_error = 0;
    harness.wait_until_writing(true);
    CHECK(harness.append("first").location == Location{0, sizeof(SegmentHeader)});
}

TEST_CASE("KeysThatWereNotWrittenAreWrittenBeforeTheirRecords") {
    const Folder folder;
    FailingDisk disk;
    {
        JournalHarness harness(folder.path(), 64 << 20, disk, 10ms);
        disk.write_error = EIO;
        CHECK_FALSE(harness.append("refused", 0, 'n').durable);
        disk.write_error = 0;
        harness.wait_until_writing(true);
        CHECK(harness.append("under the same key", 0, 'n').durable);
    }
    JournalHarness harness(folder.path());
    CHECK(texts(harness.journal) == std::vector<std::string>{"under the same key"});
}

TEST_CASE("AFailureInEveryStepHeals") {
    const Folder folder;
    FailingDisk disk;
    std::vector<std::string> expected;
    JournalHarness harness(folder.path(), 3'000, disk, 5ms);
    for (int round = 0; round < 30; ++round) {
        for (int i = 0; i < 7; ++i) {
            const auto text = std::to_string(round) + "." + std::to_string(i);
            if (harness.append(text).durable) expected.push_back(text);
            if (i == round % 7) (round % 2 ? disk.sync_error : disk.write_error) = EIO;
        }
        std::this_thread::sleep_for(std::chrono::milliseconds(round % 12));
        disk.sync_error = disk.write_error = 0;
        harness.wait_until_writing(true);
    }
    CHECK(texts(harness.journal) == expected);
    CHECK(harness.journal.sign_checkpoint().size == expected.size());
    CHECK(verify(folder.path() / "journal", harness.journal.verifier_key()).is_good());
}

TEST_CASE("AFileThatIsTakenAwayStopsTheJournalUntilItIsBack") {
    const char* names[] = {"journal/00000000.segment", "journal/00000001.segment", "journal/tree",
                           "journal/checkpoints",      "keys/data-keys",           "keys/kek",
                           "keys/journal-signing"};
    for (const auto* name : names) {
        CAPTURE(name);
        const Folder folder;
        JournalHarness harness(folder.path(), 600, Disk::real(), 10ms);
        while (harness.journal.status().segments < 2) harness.append("x");
        harness.append("x");
        std::filesystem::rename(folder.path() / name, folder.path() / "away");
        if (std::string_view(name) != "journal/tree") {
            harness.wait_until_writing(false);
            CHECK(says(harness.journal.status().reason, std::filesystem::path(name).filename().string()));
            CHECK_FALSE(harness.append("refused").durable);
            std::filesystem::rename(folder.path() / "away", folder.path() / name);
        }
        harness.wait_until_writing(true);  // the tree is rebuilt without anybody's help
        for (int i = 0; i < 1'000 && !harness.append("y").durable; ++i) std::this_thread::sleep_for(1ms);
        const auto size = harness.journal.durable_end();
        CHECK(harness.journal.sign_checkpoint().size == size);
        CHECK(verify(folder.path() / "journal", harness.journal.verifier_key()).is_good());
    }
}

TEST_CASE("ASegmentRemovedUnderTheServerTakesNoRecord") {
    const Folder folder;
    JournalHarness harness(folder.path(), 64 << 20, Disk::real(), 1h);
    harness.append("before");
    std::filesystem::remove(folder.path() / "journal" / "00000000.segment");
    const auto& refused = harness.append("lost?");
    CHECK_FALSE(refused.durable);
    CHECK(says(refused.failure(), "No such file"));
}

TEST_CASE("AnUnreadableSegmentTakesNoRecord") {
    const Folder folder;
    JournalHarness harness(folder.path(), 64 << 20, Disk::real(), 1h);
    harness.append("before");
    std::filesystem::permissions(folder.path() / "journal" / "00000000.segment",
                                 std::filesystem::perms::none);
    CHECK(says(harness.append("lost?").failure(), "read and write access"));
    std::filesystem::permissions(folder.path() / "journal" / "00000000.segment",
                                 std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
    harness.journal.sign_checkpoint(100ms);  // looks at once instead of in an hour
    harness.wait_until_writing(true);
    CHECK(harness.append("after").durable);
}

namespace {

/// A file system of `bytes` mounted on a folder; not for users other than root.
class SmallFileSystem {
  public:
    explicit SmallFileSystem(const char* options) {
        is_mounted_ = ::mount("tmpfs", folder_.path().c_str(), "tmpfs", 0, options) == 0;
    }
    ~SmallFileSystem() {
        if (is_mounted_) ::umount2(folder_.path().c_str(), MNT_DETACH);
    }
    bool is_mounted() const { return is_mounted_; }
    const std::filesystem::path& path() const { return folder_.path(); }

  private:
    Folder folder_;
    bool is_mounted_ = false;
};

}  // namespace

TEST_CASE("AFullFileSystemRefusesAndAnEmptiedOneGoesOn") {
    const SmallFileSystem disk("size=6m");
    if (!disk.is_mounted()) {
        MESSAGE("left out: mounting a small file system needs root");
        return;
    }
    std::vector<std::string> expected;
    {
        JournalHarness harness(disk.path(), 2 << 20, Disk::real(), 10ms);
        for (int round = 0; round < 2; ++round) {
            const auto filler = disk.path() / "filler";
            {
                std::ofstream out(filler, std::ios::binary);
                out << std::string(2 << 20, 'f');
            }
            int refused = 0;
            for (int i = 0; i < 400 && refused == 0; ++i) {
                const auto text = std::to_string(round) + std::string(20'000, 'x');
                const auto& record = harness.append(text);
                if (record.durable) {
                    expected.push_back(text);
                } else {
                    ++refused;
                    CHECK(says(record.failure(), "free or add space"));
                }
            }
            CHECK(refused == 1);
            std::filesystem::remove(filler);
            harness.wait_until_writing(true);
            CHECK(harness.append("room again").durable);
            expected.push_back("room again");
        }
        CHECK(texts(harness.journal) == expected);
    }
    JournalHarness harness(disk.path());
    CHECK(texts(harness.journal) == expected);
    CHECK(verify(disk.path() / "journal", harness.journal.verifier_key()).is_good());
}
