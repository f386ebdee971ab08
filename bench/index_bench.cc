// What indexing costs for each record, and what a page of history costs, in CPU of the thread that does it.
//
//   index_bench [records] [pairs]
//
// Built by hand: clang++-19 -std=c++23 -O2 -march=x86-64-v2 -Iserver -Itests bench/index_bench.cc \
//   build/libchancery_server.a -lsqlite3 -licui18n -licuuc -lspdlog -lfmt -lstemmer -lssl -lcrypto -o build/index_bench

#include <time.h>

#include <cmath>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <random>

#include "archive/merge.h"
#include "archive/record.h"
#include "archive/words.h"
#include "support/archive_fixture.h"

using namespace chancery;

namespace {

double cpu_micros(clockid_t clock) {
    timespec now{};
    clock_gettime(clock, &now);
    return static_cast<double>(now.tv_sec) * 1e6 + static_cast<double>(now.tv_nsec) / 1e3;
}

/// What the thread of this name has used, from /proc.
double thread_micros(std::string_view name) {
    for (const auto& task : std::filesystem::directory_iterator("/proc/self/task")) {
        std::string comm;
        std::ifstream(task.path() / "comm") >> comm;
        double nanos = 0;
        if (comm == name && std::ifstream(task.path() / "schedstat") >> nanos) return nanos / 1e3;
    }
    return 0;
}

/// A vocabulary of 60,000 words, drawn as in natural text (Zipf).
class Speaker {
  public:
    Speaker() {
        std::uniform_int_distribution<int> length(2, 11), letter('a', 'z');
        for (int i = 0; i < 60'000; ++i) {
            std::string word(static_cast<std::size_t>(length(random_)), 'a');
            for (auto& c : word) c = static_cast<char>(letter(random_));
            words_.push_back(std::move(word));
        }
    }
    std::string body(std::size_t size) {
        std::string text;
        while (text.size() < size) {
            const double u = std::uniform_real_distribution<>(0, 1)(random_);
            const auto rank = std::pow(static_cast<double>(words_.size()), u) - 1;
            text += words_[static_cast<std::size_t>(rank)] + ' ';
        }
        return text;
    }
    std::size_t below(std::size_t limit) { return std::uniform_int_distribution<std::size_t>(0, limit - 1)(random_); }

  private:
    std::mt19937_64 random_{1};
    std::vector<std::string> words_;
};

}  // namespace

int main(int argc, char** argv) {
    const std::size_t total = argc > 1 ? std::stoul(argv[1]) : 100'000;
    const std::size_t pairs = argc > 2 ? std::stoul(argv[2]) : 200;
    test::ArchiveFixture fixture({.batch_age = 1'000ms});
    Speaker speaker;
    std::vector<archive::Record> records;
    for (std::size_t made = 0; made < total; made += records.size()) {
        records.clear();
        for (std::size_t i = 0; i < std::min<std::size_t>(10'000, total - made); ++i) {
            const auto pair = speaker.below(pairs);
            const auto a = "alice" + std::to_string(pair) + "@gov.example/desk";
            const auto b = "bob" + std::to_string(pair) + "@gov.example/desk";
            const bool turned = speaker.below(2) == 1;
            records.push_back(test::said(turned ? b : a, turned ? a : b, speaker.body(200)));
        }
        fixture.append(records);
    }

    fixture.open_archive();
    archive::Position last = 0;
    double last_cpu = 0;
    while (last < total) {
        std::this_thread::sleep_for(5ms);
        const auto indexed = fixture.archive().status().indexed;
        if (indexed < std::min<std::size_t>(last + total / 5, total)) continue;
        const auto cpu = thread_micros("indexer");
        std::printf("indexed %9lu: %.2f us a record\n", static_cast<unsigned long>(indexed),
                    (cpu - last_cpu) / static_cast<double>(indexed - last));
        last = indexed;
        last_cpu = cpu;
    }
    fixture.wait_until_indexed();
    std::printf("all in: %.2f us a record, index %.1f bytes a record\n", thread_micros("indexer") / static_cast<double>(total),
                static_cast<double>(std::filesystem::file_size(fixture.index_file())) / static_cast<double>(total));

    const auto page = [&](const char* name, archive::HistoryQuery query) {
        constexpr int rounds = 200;
        std::size_t items = 0;
        const auto start = cpu_micros(CLOCK_THREAD_CPUTIME_ID);
        for (int i = 0; i < rounds; ++i) {
            const auto pair = std::to_string(speaker.below(pairs));
            query.owner = fixture.owners().of("alice" + pair + "@gov.example");
            if (query.with) query.with = fixture.owners().of("bob" + pair + "@gov.example");
            items += fixture.archive().history(query)->items.size();
        }
        const auto cpu = (cpu_micros(CLOCK_THREAD_CPUTIME_ID) - start) / rounds;
        std::printf("page %-24s %.0f us, %.2f us an item\n", name, cpu, cpu * rounds / static_cast<double>(items));
    };
    page("newest", {.from_end = true});
    page("oldest", {});
    page("newest with", {.with = 1, .from_end = true});
    page("newest with count", {.from_end = true, .count = true});
    const auto middle = from_micros(1'800'000'000'000'000) + std::chrono::milliseconds(total / 4);
    page("from a time", {.start = middle});

    const auto start = cpu_micros(CLOCK_THREAD_CPUTIME_ID);
    const auto found = fixture.archive().search({.words = speaker.body(8)});
    std::printf("search: %zu matches, %.0f us\n", found.matches.size(), cpu_micros(CLOCK_THREAD_CPUTIME_ID) - start);

    fixture.close();
    const auto opening = cpu_micros(CLOCK_MONOTONIC);
    fixture.open_journal();
    fixture.open_archive();
    fixture.archive().wait_until_ready(10s);
    std::printf("opened and ready in %.0f ms\n", (cpu_micros(CLOCK_MONOTONIC) - opening) / 1e3);
}
