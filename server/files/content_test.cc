#include "files/content.h"

#include <doctest/doctest.h>

#include "base/crypto.h"
#include "files/store.h"
#include "support/journal.h"

using namespace chancery;
using namespace chancery::files;
using test::Folder;

namespace {

Digest write(const std::filesystem::path& path, const Key& key, const std::string& bytes, std::size_t at_a_time) {
    ContentWriter writer(path, bytes.size(), key);
    for (std::size_t at = 0; at < bytes.size(); at += at_a_time) writer.add(std::string_view(bytes).substr(at, at_a_time));
    return writer.finish();
}

void flip(const std::filesystem::path& path, std::uint64_t at) {
    journal::File file(path, journal::File::Mode::write);
    auto byte = file.read_at(at, 1);
    byte[0] ^= 1;
    file.write_at(at, byte);
}

}  // namespace

TEST_CASE("AFileIsReadBackWholeAndInParts") {
    const Folder folder;
    const auto key = Key::random();
    for (const std::size_t size : {1, 100, 65'535, 65'536, 65'537, 200'000, 262'144}) {
        for (const std::size_t at_a_time : {1'000, 65'536, 100'000, 1'000'000}) {
            const auto bytes = random_bytes(size);
            const auto path = folder.path() / (std::to_string(size) + "-" + std::to_string(at_a_time));
            CHECK(write(path, key, bytes, at_a_time) == sha256(bytes));
            const ContentReader reader(path, key);
            CHECK(reader.size() == size);
            CHECK(reader.read(0, size) == bytes);
            CHECK(reader.read(size / 2, 70'000) == bytes.substr(size / 2, 70'000));
            CHECK(reader.read(size - 1, 10) == bytes.substr(size - 1));
            CHECK(reader.read(size, 10).empty());
        }
    }
}

TEST_CASE("NothingPlainLiesOnDisk") {
    const Folder folder;
    const auto path = folder.path() / "secret";
    write(path, Key::random(), std::string(100'000, 'a') + "The treaty is signed.", 10'000);
    const auto bytes = journal::read_file(path);
    CHECK_FALSE(bytes.contains("treaty"));
    CHECK_FALSE(bytes.contains("aaaaaaaa"));
}

TEST_CASE("AnyChangeOnDiskIsSeen") {
    const Folder folder;
    const auto key = Key::random();
    const auto path = folder.path() / "file";
    const auto bytes = random_bytes(150'000);
    write(path, key, bytes, 50'000);
    CHECK_THROWS_AS(ContentReader(path, Key::random()), Damaged);
    const auto whole = journal::read_file(path);
    for (const std::uint64_t at : {0, 9, 17, 30, 60}) {  // the head
        flip(path, at);
        CHECK_THROWS_AS(ContentReader(path, key), Damaged);
        flip(path, at);
    }
    flip(path, 128 + 65'552 + 5);
    CHECK(ContentReader(path, key).read(0, 65'536) == bytes.substr(0, 65'536));
    CHECK_THROWS_AS(ContentReader(path, key).read(0, 65'537), Damaged);
    flip(path, 128 + 65'552 + 5);

    // Two pieces that were exchanged, and a piece that was cut off.
    constexpr std::size_t head = 128, piece = 65'552;
    const auto exchanged = whole.substr(0, head) + whole.substr(head + piece, piece) + whole.substr(head, piece) + whole.substr(head + 2 * piece);
    journal::File(path, journal::File::Mode::write).write_at(0, exchanged);
    CHECK_THROWS_AS(ContentReader(path, key).read(0, 1), Damaged);
    journal::File(path, journal::File::Mode::write).write_at(0, whole);
    journal::File(path, journal::File::Mode::write).truncate(head + 2 * piece);
    CHECK(ContentReader(path, key).read(0, 10) == bytes.substr(0, 10));
    CHECK_THROWS_AS(ContentReader(path, key).read(140'000, 1), Damaged);
}

TEST_CASE("OnlyWhatWasAnnouncedIsWritten") {
    const Folder folder;
    ContentWriter writer(folder.path() / "file", 10, Key::random());
    writer.add("12345");
    CHECK_THROWS_AS(writer.finish(), journal::FileError);
    CHECK_THROWS_AS(writer.add("678901"), journal::FileError);
}

TEST_CASE("WhatIsNotPlacedIsGoneAndWhatIsPlacedStays") {
    const Folder folder;
    const Store store(folder.path() / "files", Key::random());
    const std::string bytes = "Good night, good night!";
    const auto name = store.name_of(sha256(bytes));
    const auto come = [&] {
        auto incoming = store.begin(bytes.size());
        incoming->writer.add(bytes);
        CHECK(incoming->writer.finish() == sha256(bytes));
        CHECK(store.read(*incoming).read(0, 100) == bytes);
        return incoming;
    };
    const auto left = [&] { return std::distance(std::filesystem::directory_iterator(folder.path() / "files" / "incoming"), {}); };
    come().reset();
    CHECK(left() == 0);
    CHECK_THROWS_AS(store.open(name), journal::FileError);

    store.place(*come(), name);
    CHECK(left() == 0);
    CHECK(store.open(name).read(0, 100) == bytes);
    store.place(*come(), name);  // the same bytes again
    CHECK(store.open(name).read(0, 100) == bytes);

    store.quarantine(*come(), name);
    CHECK(store.open_quarantined(name).read(0, 100) == bytes);
    CHECK(store.open(name).read(0, 100) == bytes);
    store.destroy(Store::Shelf::content, name);
    store.destroy(Store::Shelf::content, name);  // what is gone is gone
    CHECK_THROWS_AS(store.open(name), journal::FileError);
    CHECK(store.open_quarantined(name).read(0, 100) == bytes);
}

TEST_CASE("WhatACrashLeftGoesAtTheNextStart") {
    const Folder folder;
    const auto key = Key::random();
    {
        const Store store(folder.path() / "files", key);
        auto incoming = store.begin(10);
        incoming->is_placed = true;  // as if the process had died
    }
    Store store(folder.path() / "files", key);
    store.clear_incoming();
    CHECK(std::filesystem::is_empty(folder.path() / "files" / "incoming"));
}
