#include "journal/verify.h"

#include <doctest/doctest.h>

#include "journal/crc32c.h"
#include "support/journal.h"

using namespace chancery;
using namespace chancery::journal;
using test::Folder, test::JournalHarness;
using What = Finding::What;

namespace {

/// A closed journal with one small sealed segment of records and a growing one.
struct Closed {
    Closed() {
        JournalHarness harness(folder.path(), 1'500, Disk::real(), 1h);
        while (harness.journal.status().segments < 2) {
            auto& record = harness.append("what light through yonder window breaks?");
            if (record.location.segment == 0) places.push_back(record.location);
        }
        for (int i = 0; i < 5; ++i) harness.append("it is the east, and Juliet is the sun");
        records = harness.journal.durable_end();
        harness.journal.sign_checkpoint();
        key = harness.journal.verifier_key();
        harness.journal.close();
        // Without the zeros that were written ahead there is less to read in each of a thousand rounds.
        const auto last = harness.journal.locate(records - 1)->offset;
        File growing(file("00000001.segment"), File::Mode::write);
        growing.truncate(last + record_header(growing.read_at(last, sizeof(RecordHeader))).length + 100);
    }
    VerifyReport verify() const { return journal::verify(folder.path() / "journal", key); }
    std::filesystem::path file(const char* name) const { return folder.path() / "journal" / name; }

    Folder folder;
    std::vector<Location> places;  // in the sealed segment
    Position records = 0;
    VerifierKey key;
};

void flip(const std::filesystem::path& path, std::uint64_t at) {
    File file(path, File::Mode::write);
    auto byte = file.read_at(at, 1);
    byte[0] = static_cast<char>(byte[0] ^ 0x10);
    file.write_at(at, byte);
}

}  // namespace

TEST_CASE("AWholeJournalHasNoFindings") {
    const Closed closed;
    const auto report = verify(closed.folder.path() / "journal", closed.key, closed.folder.path() / "keys");
    CHECK(report.is_good());
    CHECK(report.records == closed.records);
    CHECK(report.signed_records == report.records);
    CHECK(report.segments == 2);
    CHECK(report.checkpoints >= 2);
    CHECK(report.erased_records == 0);
    CHECK(report.notes.empty());
}

TEST_CASE("EveryFlippedByteOfASealedSegmentIsNamedByItsRecord") {
    const Closed closed;
    const auto path = closed.file("00000000.segment");
    const auto size = std::filesystem::file_size(path);
    const auto trailer = *read_trailer(read_file(path), size);
    for (std::uint64_t at = 0; at < size; ++at) {
        flip(path, at);
        const auto report = closed.verify();
        flip(path, at);
        REQUIRE(report.findings.size() == 1);
        const auto& finding = report.findings[0];
        if (at < sizeof(SegmentHeader)) {
            CHECK(finding.what == What::segment_header);
        } else if (at >= trailer.records_end) {
            CHECK(finding.what == What::segment_footer);
        } else {
            Position position = 0;
            while (position + 1 < closed.places.size() && closed.places[position + 1].offset <= at)
                ++position;
            CHECK(finding.what == What::record);
            CHECK(finding.number == position);
        }
        CHECK(report.signed_records == report.records);  // the others are still proved
    }
    CHECK(closed.verify().is_good());
}

TEST_CASE("AForgedRecordWithAGoodChecksumIsNamed") {
    const Closed closed;
    const auto path = closed.file("00000000.segment");
    const auto offset = closed.places[3].offset;
    File file(path, File::Mode::write);
    auto record = file.read_at(offset, closed.places[4].offset - offset);
    record[100] ^= 1;
    place_record(record.data(), record.size(), 3, from_micros(record_header(record).time), 0);
    file.write_at(offset, record);
    const auto report = closed.verify();
    REQUIRE(report.findings.size() == 1);
    CHECK(report.findings[0].what == What::record);
    CHECK(report.findings[0].number == 3);

    // Even when the forger puts the tree file right, no signed root fits any more.
    std::filesystem::remove(closed.file("tree"));
    const auto forged = closed.verify();
    REQUIRE(forged.findings.size() == 1);
    CHECK(forged.findings[0].what == What::checkpoint);
    CHECK_THROWS_AS(JournalHarness(closed.folder.path()), OpenError);
}

TEST_CASE("ADamagedTreeFileIsNotTakenForADamagedRecord") {
    const Closed closed;
    const auto size = std::filesystem::file_size(closed.file("tree"));
    for (std::uint64_t at = 7; at < size; at += 32) {
        flip(closed.file("tree"), at);
        const auto report = closed.verify();
        flip(closed.file("tree"), at);
        REQUIRE(report.findings.size() == 1);
        CHECK(report.findings[0].what == What::tree);
    }
}

TEST_CASE("EveryFlippedByteOfTheCheckpointsIsFound") {
    const Closed closed;
    const auto size = std::filesystem::file_size(closed.file("checkpoints"));
    for (std::uint64_t at = 0; at < size; ++at) {
        flip(closed.file("checkpoints"), at);
        const auto report = closed.verify();
        flip(closed.file("checkpoints"), at);
        CHECK((!report.is_good() || !report.notes.empty()));
    }
}

TEST_CASE("AMissingEndIsFound") {
    const Closed closed;
    std::filesystem::remove(closed.file("00000001.segment"));
    const auto report = closed.verify();
    REQUIRE(report.findings.size() == 1);
    CHECK(report.findings[0].what == What::segment);
    CHECK_THROWS_AS(JournalHarness(closed.folder.path()), OpenError);
}

TEST_CASE("ErasureLeavesAJournalThatVerifies") {
    const Folder folder;
    VerifierKey key;
    {
        JournalHarness harness(folder.path());
        harness.append("secret", 0, 'a');
        harness.append("kept", 0, 'b');
        harness.journal.destroy(0);
        key = harness.journal.verifier_key();
    }
    const auto report = verify(folder.path() / "journal", key, folder.path() / "keys");
    CHECK(report.is_good());
    CHECK(report.erased_records == 1);
}

TEST_CASE("ARunningJournalVerifies") {
    const Folder folder;
    JournalHarness harness(folder.path(), 3'000);
    for (int i = 0; i < 100; ++i) harness.append("line " + std::to_string(i));
    const auto report = verify(folder.path() / "journal", harness.journal.verifier_key());
    CHECK(report.is_good());
    CHECK(report.records == 100);
}

TEST_CASE("Crc32cIsThatOfRfc3720") {
    CHECK(crc32c(std::string(32, '\0')) == 0x8a9136aa);
    CHECK(crc32c(std::string(32, '\xff')) == 0x62a8ab43);
    CHECK(crc32c("123456789") == 0xe3069283);
    CHECK(crc32c("6789", crc32c("12345")) == 0xe3069283);
}
