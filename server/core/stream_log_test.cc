#include "core/stream_log.h"

#include <doctest/doctest.h>
#include <unistd.h>

#include <fstream>

using namespace chancery;

namespace {

struct Directory {
    std::filesystem::path path =
        std::filesystem::temp_directory_path() / ("chancery-stream-log-test-" + std::to_string(::getpid()));
    Directory() { std::filesystem::remove_all(path); }
    ~Directory() { std::filesystem::remove_all(path); }
    std::size_t files() const {
        const auto all = std::filesystem::directory_iterator(path);
        return static_cast<std::size_t>(std::distance(begin(all), end(all)));
    }
};

constexpr auto sent = StreamLog::Note::sent, handled = StreamLog::Note::handled;
const auto juliet = StreamLog::name("an id", 7);

void write(StreamLog& log, std::vector<StreamLog::Note> notes) { log.write(notes); }
void open(StreamLog& log, std::vector<std::uint64_t> waiting) { log.open(waiting); }

}  // namespace

TEST_CASE("AStreamIsKnownByItsIdAndItsOwner") {
    CHECK(juliet == StreamLog::name("an id", 7));
    CHECK(juliet != StreamLog::name("an id", 8));
    CHECK(juliet != StreamLog::name("another id", 7));
}

TEST_CASE("AfterACrashTheClientsCountSaysWhatItHas") {
    Directory directory;
    {
        StreamLog log(directory.path);
        open(log, {});
        write(log, {{juliet, 1, sent, 100}, {juliet, 2, sent, 101}, {juliet, 3, handled}, {juliet, 4, sent, 105}, {juliet, 5, handled}});
        CHECK_FALSE(log.take(juliet, 9));  // a stream that lives is nobody's past
    }
    StreamLog log(directory.path);
    open(log, {100, 101, 105});
    const auto past = log.take(juliet, 2);
    REQUIRE(past);
    CHECK(past->handled == 5);
    CHECK(past->received == std::vector<std::uint64_t>{100, 101});
    CHECK_FALSE(log.take(juliet, 2));  // it is told once
}

TEST_CASE("CountsWrapAround") {
    Directory directory;
    {
        StreamLog log(directory.path);
        open(log, {});
        write(log, {{juliet, 0xFFFFFFFF, sent, 100}, {juliet, 0, sent, 101}, {juliet, 1, sent, 102}});
    }
    StreamLog log(directory.path);
    open(log, {100, 101, 102});
    CHECK(log.take(juliet, 0)->received == std::vector<std::uint64_t>{100, 101});
}

TEST_CASE("WhatStillWaitsIsRememberedOverManyStartsAndTheRestForgotten") {
    Directory directory;
    const auto romeo = StreamLog::name("his", 8);
    {
        StreamLog log(directory.path);
        open(log, {});
        write(log, {{juliet, 1, sent, 100}, {juliet, 2, handled}, {romeo, 1, sent, 101}});
    }
    for (int start = 0; start < 3; ++start) {
        StreamLog log(directory.path);
        open(log, {100});
        CHECK(directory.files() == 1);
    }
    StreamLog log(directory.path);
    open(log, {100});
    CHECK(log.take(juliet, 1)->handled == 2);
    CHECK_FALSE(log.take(romeo, 1));
}

TEST_CASE("ANewFileKeepsWhatIsWrittenAgainAndTheOldOnesGo") {
    Directory directory;
    {
        StreamLog log(directory.path);
        open(log, {});
        write(log, {{juliet, 1, sent, 100}});
        log.begin_file();
        write(log, {{juliet, 2, handled}, {juliet, 1, sent, 100}, {juliet, 2, sent, 103}});
        CHECK(directory.files() == 2);
        log.remove_older();
        CHECK(directory.files() == 1);
    }
    StreamLog log(directory.path);
    open(log, {100, 103});
    CHECK(log.take(juliet, 1)->received == std::vector<std::uint64_t>{100});
}

TEST_CASE("AHalfWrittenNoteIsPassedOver") {
    Directory directory;
    {
        StreamLog log(directory.path);
        open(log, {});
        write(log, {{juliet, 1, sent, 100}});
    }
    std::ofstream(directory.path / "streams-1", std::ios::app) << "half a note";
    StreamLog log(directory.path);
    open(log, {100});
    CHECK(log.take(juliet, 1)->received == std::vector<std::uint64_t>{100});
}
