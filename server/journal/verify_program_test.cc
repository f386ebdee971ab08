// chancery-verify, the independent program, against journals that this code wrote; left out where it is not
// built.
#include <doctest/doctest.h>
#include <sys/wait.h>

#include <cstdio>

#include "support/journal.h"

using namespace chancery;
using namespace chancery::journal;
using test::Folder, test::JournalHarness;

namespace {

std::filesystem::path program() {
    return std::filesystem::read_symlink("/proc/self/exe").parent_path() / "chancery-verify";
}

bool is_left_out() {
    if (std::filesystem::exists(program())) return false;
    MESSAGE("left out: chancery-verify is not built");
    return true;
}

struct Outcome {
    int status = -1;
    std::string text;
};

Outcome run(const std::filesystem::path& key, const std::string& arguments) {
    const auto command = program().string() + " --public-key " + key.string() + " " + arguments + " 2>&1";
    auto* pipe = ::popen(command.c_str(), "r");
    REQUIRE(pipe);
    Outcome outcome;
    char block[4'096];
    while (const auto count = std::fread(block, 1, sizeof block, pipe)) outcome.text.append(block, count);
    outcome.status = WEXITSTATUS(::pclose(pipe));
    return outcome;
}

/// A closed journal with a sealed segment, and proofs from it.
struct Evidence {
    Evidence() {
        JournalHarness harness(folder.path(), 1'500, Disk::real(), 1h);
        const auto empty = harness.journal.sign_checkpoint();
        while (harness.journal.status().segments < 2) harness.append("But soft, what light?");
        const auto early = harness.journal.sign_checkpoint();
        second = harness.journal.locate(1)->offset;
        third = harness.journal.locate(2)->offset;
        harness.append("It is the east");
        const auto late = harness.journal.sign_checkpoint();
        replace_file(folder.path() / "inclusion.json", to_json(*harness.journal.prove_inclusion(3)));
        replace_file(folder.path() / "consistency.json",
                     to_json(*harness.journal.prove_consistency(early, late)));
        replace_file(folder.path() / "from-nothing.json", to_json(*harness.journal.prove_consistency(empty, late)));
        replace_file(folder.path() / "checkpoint.txt", late.note);
    }
    Outcome check(const std::string& file) const { return run(key(), (folder.path() / file).string()); }
    Outcome check_journal() const { return run(key(), "--journal " + (folder.path() / "journal").string()); }
    std::filesystem::path key() const { return folder.path() / "keys" / "journal-signing.pub"; }

    Folder folder;
    std::uint32_t second = 0, third = 0;
};

bool says(const Outcome& outcome, std::string_view part) {
    return outcome.text.find(part) != outcome.text.npos;
}

}  // namespace

TEST_CASE("TheIndependentProgramAgrees") {
    if (is_left_out()) return;
    const Evidence evidence;
    for (const auto& outcome :
         {evidence.check("inclusion.json"), evidence.check("consistency.json"),
          evidence.check("from-nothing.json"),
          run(evidence.key(), "--checkpoint " + (evidence.folder.path() / "checkpoint.txt").string()),
          evidence.check_journal()}) {
        CHECK(outcome.status == 0);
        CHECK(says(outcome, "GOOD: "));
    }
}

TEST_CASE("TheIndependentProgramNamesADamagedRecord") {
    if (is_left_out()) return;
    const Evidence evidence;
    const auto path = evidence.folder.path() / "journal" / "00000000.segment";
    const auto whole = read_file(path);
    for (auto at = evidence.second; at < evidence.third; at += 9) {
        auto changed = whole;
        changed[at] ^= 1;
        replace_file(path, changed);
        const auto outcome = evidence.check_journal();
        CHECK(outcome.status == 1);
        CHECK(says(outcome, "DAMAGED: the record at position 1 "));
        CHECK(says(outcome, "BAD: 1 damages"));
    }
}

TEST_CASE("TheIndependentProgramRefusesAProofOfWhichAByteWasChanged") {
    if (is_left_out()) return;
    const Evidence evidence;
    for (auto name : {"inclusion.json", "consistency.json", "from-nothing.json"}) {
        const auto whole = read_file(evidence.folder.path() / name);
        for (std::size_t at = 0; at < whole.size(); at += 17) {
            auto changed = whole;
            changed[at] ^= 1;
            replace_file(evidence.folder.path() / "changed.json", changed);
            CHECK(evidence.check("changed.json").status != 0);
        }
    }
}

TEST_CASE("TheIndependentProgramTrustsNoOtherKey") {
    if (is_left_out()) return;
    const Evidence evidence, other;
    CHECK(run(other.key(), (evidence.folder.path() / "inclusion.json").string()).status == 1);
    CHECK(run(other.key(), "--journal " + (evidence.folder.path() / "journal").string()).status == 1);
    CHECK(run(other.key(), "--nonsense x").status == 2);
    CHECK(run("/nowhere", "x").status == 2);
}
