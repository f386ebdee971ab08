#include "storage/database.h"

#include <doctest/doctest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <latch>

#include "base/task.h"
#include "support/loop.h"

using namespace chancery;
using namespace chancery::storage;

namespace {

constexpr Migration notes[]{
    {1, "notes", "CREATE TABLE note (id INTEGER PRIMARY KEY, text TEXT, body BLOB);"},
    {2, "owners",
     "CREATE TABLE owner (note BIGINT NOT NULL REFERENCES note(id)); CREATE INDEX owner_note ON "
     "owner(note);"},
};

struct Directory {
    std::filesystem::path path;
    Directory() {
        std::string name = "/tmp/chancery_storage_XXXXXX";
        path = mkdtemp(name.data());
    }
    ~Directory() { std::filesystem::remove_all(path); }
};

std::int64_t count(Database& database) {
    return *database.read_now(
        [](Snapshot& snapshot) { return snapshot.one<std::int64_t>("SELECT COUNT(*) FROM note"); });
}

void add(Transaction& transaction, std::string_view text) {
    transaction.run("INSERT INTO note (text) VALUES ($1)", text);
}

Task<> write_and_read(Database& database, std::string& read, std::string& failure) {
    const auto write = [](Transaction& transaction) { add(transaction, "first"); };
    co_await database.write(write);
    const auto spoiled = [](Transaction& transaction) -> int {
        add(transaction, "second");
        throw std::runtime_error("changed my mind");
    };
    try {
        co_await database.write(spoiled);
    } catch (const std::runtime_error& error) {
        failure = error.what();
    }
    const auto all = [](Snapshot& snapshot) {
        std::string texts;
        snapshot.each<std::string_view>("SELECT text FROM note",
                                        [&](std::string_view text) { texts += text; });
        return texts;
    };
    read = co_await database.read(all);
}

template <class Work>
Task<> write(Database& database, int& done, int& failed, Work work) {
    try {
        co_await database.write(std::move(work));
        ++done;
    } catch (const std::runtime_error&) {
        ++failed;
    }
}

}  // namespace

TEST_CASE("AWorkIsCommittedOrUndoneAndItsResultComesBack") {
    Directory directory;
    for (const auto& file : {directory.path / "state.db", std::filesystem::path(":memory:")}) {
        test::Loop loop;
        Database database(file, {.schema = notes});
        std::string read, failure;
        TaskGroup group;
        group.spawn(write_and_read(database, read, failure));
        loop.run_until([&] { return !read.empty(); });
        CHECK(read == "first");
        CHECK(failure == "changed my mind");
    }
}

TEST_CASE("EveryTypeOfValueSurvives") {
    Database database(":memory:", {.schema = notes});
    const std::string zeros("a\0b", 3);
    database.write_now([&](Transaction& transaction) {
        CHECK(transaction.run("INSERT INTO note VALUES ($1, $2, $3)", 7, zeros, Blob{zeros}) == 1);
        transaction.run("INSERT INTO note VALUES ($2, $1, $1)", std::optional<std::string>(),
                        std::int64_t{1} << 60);
        transaction.run("INSERT INTO note VALUES ($1, $2, $3)", from_micros(9), "", BlobView{});
        CHECK(transaction.run("UPDATE note SET text = text") == 3);
    });
    database.read_now([&](Snapshot& snapshot) {
        using Text = std::optional<std::string>;
        const auto rows =
            snapshot.rows<std::int64_t, Text, std::optional<Blob>>("SELECT * FROM note ORDER BY id");
        CHECK(rows == std::vector<std::tuple<std::int64_t, Text, std::optional<Blob>>>{
                          {7, zeros, Blob{zeros}}, {9, "", Blob{}}, {std::int64_t{1} << 60, {}, {}}});
        CHECK(snapshot.row<Time, bool>("SELECT id, 1 FROM note WHERE id = $1", 9) ==
              std::tuple(from_micros(9), true));
        CHECK_FALSE(snapshot.one<int>("SELECT id FROM note WHERE id = 8").has_value());
        CHECK_THROWS_AS(snapshot.one<int>("SELECT NULL"), StorageError);
        CHECK_THROWS_AS(snapshot.one<int>("SELECT $1"), StorageError);
        CHECK_THROWS_AS(snapshot.one<int>("nonsense"), StorageError);
    });
}

TEST_CASE("AStatementMayRunInsideItself") {
    Database database(":memory:", {.schema = notes});
    database.write_now([](Transaction& transaction) { add(transaction, "a"), add(transaction, "b"); });
    int pairs = 0;
    database.read_now([&](Snapshot& snapshot) {
        constexpr auto all = "SELECT text FROM note";
        snapshot.each<std::string_view>(all, [&](std::string_view) {
            snapshot.each<std::string_view>(all, [&](std::string_view) { ++pairs; });
        });
    });
    CHECK(pairs == 4);
}

TEST_CASE("WritesThatWaitTogetherShareACommitAndFailAlone") {
    Directory directory;
    test::Loop loop;
    Database database(directory.path / "state.db", {.schema = notes});
    std::latch queued(1);
    int done = 0, failed = 0;
    TaskGroup group;
    group.spawn(write(database, done, failed, [&](Transaction&) { queued.wait(); }));
    for (int i = 0; i < 8; ++i)
        group.spawn(write(database, done, failed, [i](Transaction& transaction) {
            add(transaction, "shared");
            if (i % 4 == 0) throw std::runtime_error("alone");
            if (i % 4 == 1) transaction.run("INSERT INTO owner VALUES (999)");  // no such note
        }));
    queued.count_down();
    loop.run_until([&] { return done + failed == 9; });
    CHECK(failed == 4);
    CHECK(count(database) == 4);
    CHECK(database.commits() <= 2);
}

TEST_CASE("AReaderSeesOneMomentAndCannotWrite") {
    Directory directory;
    const auto file = directory.path / "state.db";
    Database database(file, {.schema = notes});
    database.write_now([](Transaction& transaction) { add(transaction, "before"); });
    const auto [before, after] = database.read_now([&](Snapshot& snapshot) {
        constexpr auto sql = "SELECT COUNT(*) FROM note";
        const auto first = *snapshot.one<int>(sql);
        Connection(file, Access::write).execute("INSERT INTO note (text) VALUES ('meanwhile')");
        return std::pair(first, *snapshot.one<int>(sql));
    });
    CHECK(before == 1);
    CHECK(after == 1);
    CHECK(count(database) == 2);
    CHECK_THROWS_AS(database.read_now([](Snapshot& snapshot) {
        return snapshot.one<int>("INSERT INTO note (text) VALUES ('x') RETURNING id");
    }),
                    StorageError);
}

TEST_CASE("TheFileIsPrivateAndSurvivesReopeningAndBackup") {
    Directory directory;
    const auto file = directory.path / "state.db", copy = directory.path / "copy.db";
    {
        Database database(file, {.schema = std::span(notes).first(1)});
        database.write_now([](Transaction& transaction) { add(transaction, "kept"); });
        struct stat status{};
        for (const auto& entry : std::filesystem::directory_iterator(directory.path)) {
            CAPTURE(entry.path());
            REQUIRE(stat(entry.path().c_str(), &status) == 0);
            CHECK((status.st_mode & 0777) == 0600);
        }
        database.back_up_to(copy);
        CHECK_THROWS_AS(database.back_up_to(copy), StorageError);
        REQUIRE(stat(copy.c_str(), &status) == 0);
        CHECK((status.st_mode & 0777) == 0600);
    }
    for (const auto& path : {file, copy}) {
        Database database(path, {.schema = notes});  // with one more step
        CHECK(count(database) == 1);
        CHECK(database.read_now([](Snapshot& s) { return s.one<int>("SELECT COUNT(*) FROM owner"); }) == 0);
    }
}

TEST_CASE("ASchemaNewerThanTheProgramStopsTheStart") {
    Directory directory;
    const auto file = directory.path / "state.db";
    {
        Database database(file, {.schema = notes});
    }
    CHECK_THROWS_WITH_AS(Database(file, {.schema = std::span(notes).first(1)}),
                         doctest::Contains("newer Chancery"), StorageError);
}

TEST_CASE("AFailedMigrationLeavesNothingBehind") {
    Directory directory;
    const auto file = directory.path / "state.db";
    constexpr Migration broken[]{
        {1, "broken", "CREATE TABLE note (id INTEGER); CREATE TABLE note (id INTEGER);"}};
    CHECK_THROWS_AS(Database(file, {.schema = broken}), StorageError);
    Database database(file, {.schema = notes});
    CHECK(count(database) == 0);
}
