// What a record costs: sealing, checksum, write, tree, all threads of the process together.
//
//   clang++-19 -std=c++23 -O2 -march=x86-64-v2 -Iserver bench/journal_bench.cc build/libchancery_server.a \
//       -lcrypto -lspdlog -lfmt -o build/journal_bench && build/journal_bench FOLDER [records] [batch]
//       [bytes]
//
// The journal is left in FOLDER. With `records` 0 it only opens what is there and says how long that took.
#include <sys/resource.h>

#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <deque>
#include <fstream>

#include "journal/journal.h"

using namespace chancery;
using namespace chancery::journal;

namespace {

double cpu_us() {
    rusage usage{};
    ::getrusage(RUSAGE_SELF, &usage);
    return (usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1e6 +
           double(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec);
}

double now_us() {
    return std::chrono::duration<double, std::micro>(std::chrono::steady_clock::now().time_since_epoch())
        .count();
}

}  // namespace

int main(int count, char** arguments) {
    if (count < 2) return 2;
    const std::filesystem::path folder = arguments[1];
    const long records = count > 2 ? std::atol(arguments[2]) : 300'000;
    const long batch = count > 3 ? std::atol(arguments[3]) : 100;
    const std::string text(count > 4 ? std::atol(arguments[4]) : 400, 'x');

    std::atomic<long> settled = 0;
    auto began = now_us();
    Journal journal({.folder = folder / "journal", .keys = folder / "keys", .origin = "capulet.lit"},
                    [&](Pending* first) {
                        long n = 0;
                        for (; first; first = first->next) ++n;
                        settled += n;
                        settled.notify_one();
                    });
    std::printf("open: %.1f ms, %llu records\n", (now_us() - began) / 1e3,
                static_cast<unsigned long long>(journal.durable_end()));
    if (records == 0) return 0;

    std::vector<ConversationId> conversations(200);
    for (std::size_t i = 0; i < conversations.size(); ++i) conversations[i].bytes[0] = static_cast<char>(i);
    std::deque<Pending> pending(static_cast<std::size_t>(batch));
    began = now_us();
    const auto cpu = cpu_us();
    for (long done = 0; done < records; done += batch) {
        for (long i = 0; i < batch; ++i)
            journal.seal(pending[i], Kind::message, 1, conversations[(done + i) % 200], text);
        for (auto& one : pending) journal.submit(one);
        for (long seen; (seen = settled.load()) < done + batch;) settled.wait(seen);
    }
    const auto wall = now_us() - began, used = cpu_us() - cpu;
    const auto status = journal.status();
    std::printf(
        "%ld records of %zu bytes, %ld at a time: %.0f records/s, %.2f CPU us each, batches of %.0f, "
        "commit last %lld us, worst %lld us\n",
        records, text.size(), batch, records / wall * 1e6, used / records, double(records) / status.batches,
        static_cast<long long>(status.last_commit.count()),
        static_cast<long long>(status.worst_commit.count()));
    std::ofstream(folder / "inclusion.json")
        << to_json(*(journal.sign_checkpoint(), journal.prove_inclusion(records / 3)));
    const auto from = journal.checkpoint();
    journal.seal(pending[0], Kind::message, 1, conversations[0], text);
    const auto before = settled.load();
    journal.submit(pending[0]);
    settled.wait(before);
    std::ofstream(folder / "consistency.json")
        << to_json(*journal.prove_consistency(from, journal.sign_checkpoint()));
    std::ofstream(folder / "checkpoint.txt") << from.note;
}
