#include "files/keeping.h"

#include <doctest/doctest.h>

#include <algorithm>

#include "base/bytes.h"
#include "base/crypto.h"
#include "support/journal.h"
#include "support/loop.h"

using namespace chancery;
using namespace chancery::files;
using test::Folder;

namespace {

/// What one data directory has of files.
struct Files {
    Folder folder;
    Key key = Key::random();
    test::Loop loop;
    storage::Database database{folder.path() / "state.db"};
    Store store{folder.path() / "files", key};
    Register reg{database, key};
    Keeping keeping{store, reg};
    TaskGroup tasks;

    /// A place that somebody has asked for.
    void ask(const std::string& id) {
        bool is_there = false;
        const auto add = [](Register& there, std::string name, bool& done) -> Task<> {
            const Slot slot{.id = name, .owner = *Jid::parse("romeo@post.example"), .name = "plan.txt", .declared_type = {}, .size = 5, .created = system_now()};
            co_await there.add(slot, Time(), Time(), [](const Usage&) { return true; });
            done = true;
        };
        tasks.spawn(add(reg, id, is_there));
        loop.run_until([&] { return is_there; });
    }
    std::unique_ptr<Store::Incoming> bytes(const std::string& text) const {
        auto incoming = store.begin(text.size());
        incoming->writer.add(text);
        incoming->writer.finish();
        return incoming;
    }
    Content content(const std::string& text, Verdict verdict = Verdict::clean) const {
        const auto digest = sha256(text);
        return {.name = store.name_of(digest), .size = text.size(), .sha256 = to_hex(view(digest)), .type = "text/plain", .verdict = verdict};
    }
    bool has(Store::Shelf shelf, const std::string& text) const {
        bool found = false;
        store.each(shelf, [&](const std::string& name) { return !(found = name == content(text).name); });
        return found;
    }
    Keeping::Swept sweep(std::vector<std::string>* recorded = nullptr) {
        return keeping.sweep([&](const std::string& name) { if (recorded) recorded->push_back(name); }, [] { return false; });
    }
};

using Shelf = Store::Shelf;

}  // namespace

TEST_CASE("ContentGoesWithTheLastFileThatHasIt") {
    Files files;
    for (const auto* id : {"one", "two"}) {
        files.ask(id);
        files.keeping.keep(*files.bytes("hello"), id, files.content("hello"));
    }
    files.keeping.remove(*files.reg.find_now("one"), {system_now(), "by a test: because"});
    CHECK(files.has(Shelf::content, "hello"));
    const auto removed = files.reg.find_now("one");
    CHECK(removed->slot.state == State::removed);
    CHECK(removed->removal->how == "by a test: because");
    CHECK(removed->content->sha256 == files.content("hello").sha256);
    files.keeping.remove(*files.reg.find_now("two"), {system_now(), "too"});
    CHECK_FALSE(files.has(Shelf::content, "hello"));
    CHECK(files.sweep().destroyed == 0);
}

TEST_CASE("WhatIsFoundToHoldAVirusGoesToQuarantineForEverybodyWhoHasIt") {
    Files files;
    for (const auto* id : {"one", "two"}) files.ask(id);
    files.keeping.keep(*files.bytes("hello"), "one", files.content("hello"));
    auto withheld = files.keeping.quarantine(*files.bytes("hello"), "two", files.content("hello", Verdict::infected));
    std::ranges::sort(withheld);
    CHECK(withheld == std::vector<std::string>{"one", "two"});
    CHECK_FALSE(files.has(Shelf::content, "hello"));
    CHECK(files.has(Shelf::quarantine, "hello"));
    CHECK(files.reg.find_now("one")->slot.state == State::quarantined);
    for (const auto* id : {"one", "two"}) files.keeping.remove(*files.reg.find_now(id), {system_now(), "too"});
    CHECK_FALSE(files.has(Shelf::quarantine, "hello"));
}

TEST_CASE("WhatACrashLeavesBetweenTwoStepsIsSwept") {
    Files files;
    files.ask("one");
    // Of an upload: its content was placed, and nothing says that the file is there.
    files.reg.expect_now(files.content("hello"));
    files.store.place(*files.bytes("hello"), files.content("hello").name);
    std::vector<std::string> recorded;
    CHECK(files.sweep(&recorded).destroyed == 1);
    CHECK(recorded == std::vector{files.content("hello").name});
    CHECK_FALSE(files.has(Shelf::content, "hello"));
    // Of a removal: the file is marked, and the content still there.
    files.keeping.keep(*files.bytes("hello"), "one", files.content("hello"));
    CHECK(files.sweep().destroyed == 0);
    files.reg.remove_now("one", {system_now(), "too"});
    CHECK(files.sweep().destroyed == 1);
    CHECK_FALSE(files.has(Shelf::content, "hello"));
    // Of a quarantine: the old place still has what was moved to the new one.
    files.ask("two");
    files.keeping.quarantine(*files.bytes("hello"), "two", files.content("hello", Verdict::infected));
    files.store.place(*files.bytes("hello"), files.content("hello").name);
    CHECK(files.sweep().destroyed == 1);
    CHECK_FALSE(files.has(Shelf::content, "hello"));
    CHECK(files.has(Shelf::quarantine, "hello"));
}

TEST_CASE("WhatCannotBeRecordedOrIsNotOursStays") {
    Files files;
    files.store.place(*files.bytes("stranger"), files.content("stranger").name);
    CHECK(files.sweep().strangers == 1);
    CHECK(files.has(Shelf::content, "stranger"));
    files.reg.expect_now(files.content("hello"));
    files.store.place(*files.bytes("hello"), files.content("hello").name);
    const auto fail = [](const std::string&) { throw std::runtime_error("the journal does not write"); };
    CHECK_THROWS_AS(files.keeping.sweep(fail, [] { return false; }), std::runtime_error);
    CHECK(files.has(Shelf::content, "hello"));
}

TEST_CASE("ADestroyedKeyOpensNothing") {
    Files files;
    const auto path = files.folder.path() / "file", kept = files.folder.path() / "copy";
    {
        ContentWriter writer(path, 5, files.key);
        writer.add("hello");
        writer.finish();
    }
    std::filesystem::create_hard_link(path, kept);
    CHECK(ContentReader(kept, files.key).read(0, 5) == "hello");
    destroy_key(path);
    CHECK_THROWS_AS(ContentReader(kept, files.key), Damaged);
}
