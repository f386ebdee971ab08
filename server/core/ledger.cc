// Files, all integers little-endian u64:
//   snapshot      magic, generation, next position, count, count × (position, recipient), SHA-256 of all before
//   marks-N       settled positions plus one (a hole of zeros, as a power cut can leave, marks nothing)
// Marks of generation N and later apply to the snapshot of generation N.
#include "core/ledger.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>

#include "base/bytes.h"
#include "base/hash.h"
#include "base/log.h"

namespace chancery {
namespace {

constexpr std::uint64_t magic = 0x3172656764656c43;  // "Cledger1"
constexpr std::size_t recent_limit = 16'384;         // messages between acceptance and hand-over, before they count as old

std::string read_whole(const std::filesystem::path& file) {
    std::ifstream in(file, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
}

[[noreturn]] void fail(const std::filesystem::path& file, const std::string& what) {
    throw LedgerError(file.string() + ": " + what);
}

/// Writes `bytes` so that after a crash the file is either the old or the new one.
void replace_file(const std::filesystem::path& file, const std::string& bytes) {
    const auto fresh = file.string() + ".new";
    const int fd = ::open(fresh.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (fd < 0) fail(fresh, std::strerror(errno));
    const bool good = ::write(fd, bytes.data(), bytes.size()) == static_cast<ssize_t>(bytes.size()) && ::fsync(fd) == 0;
    const int problem = errno;
    ::close(fd);
    if (!good) fail(fresh, std::strerror(problem));
    std::filesystem::rename(fresh, file);
}

}  // namespace

Ledger::Ledger(std::filesystem::path directory) : directory_(std::move(directory)), streams_(directory_) {
    std::filesystem::create_directories(directory_);
    std::filesystem::permissions(directory_, std::filesystem::perms::owner_all);
    load_snapshot();
    load_marks();
    open_marks();
}

Ledger::~Ledger() { ::close(marks_); }

std::filesystem::path Ledger::marks_file(std::uint64_t generation) const {
    return directory_ / ("marks-" + std::to_string(generation));
}

void Ledger::load_snapshot() {
    const auto file = directory_ / "snapshot";
    if (!std::filesystem::exists(file)) return;
    const auto bytes = read_whole(file);
    constexpr std::size_t head = 4 * sizeof(std::uint64_t), digest = sizeof(Digest);
    if (bytes.size() < head + digest) fail(file, "too short");
    const auto body = std::string_view(bytes).substr(0, bytes.size() - digest);
    if (std::string_view(bytes).substr(body.size()) != view(sha256(body)) || get<std::uint64_t>(bytes.data()) != magic)
        fail(file, "damaged");
    generation_ = get<std::uint64_t>(bytes.data() + 8);
    base_ = get<std::uint64_t>(bytes.data() + 16);
    const auto count = get<std::uint64_t>(bytes.data() + 24);
    if (body.size() != head + count * 16) fail(file, "damaged");
    for (std::uint64_t i = 0; i < count; ++i) {
        const char* entry = bytes.data() + head + i * 16;
        old_.emplace(get<Position>(entry), get<Recipient>(entry + 8));
    }
}

void Ledger::load_marks() {
    for (auto generation = generation_; std::filesystem::exists(marks_file(generation)); ++generation) {
        const auto bytes = read_whole(marks_file(generation));
        for (std::size_t at = 0; at + 8 <= bytes.size(); at += 8) {
            const auto mark = get<std::uint64_t>(bytes.data() + at);
            if (mark == 0) continue;
            if (mark - 1 >= base_) settled_before_replay_.insert(mark - 1);
            else old_.erase(mark - 1);
        }
        generation_ = generation;
    }
}

void Ledger::open_marks() {
    const auto file = marks_file(generation_);
    marks_ = ::open(file.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    if (marks_ < 0) fail(file, std::strerror(errno));
}

Ledger::Position Ledger::next() const {
    const std::lock_guard lock(guard_);
    return base_ + recent_.size();
}

void Ledger::add(Position position, Recipient recipient) {
    const std::lock_guard lock(guard_);
    if (position != base_ + recent_.size()) throw LedgerError("a gap before position " + std::to_string(position));
    if (!settled_before_replay_.empty() && settled_before_replay_.erase(position)) recipient = 0;
    recent_.push_back(recipient);
    while (!recent_.empty() && (recent_.front() == 0 || recent_.size() > recent_limit)) {
        if (recent_.front()) old_.emplace(base_, recent_.front());
        recent_.pop_front();
        ++base_;
    }
}

void Ledger::settle_one(Position position) {
    if (position < base_) old_.erase(position);
    else if (position - base_ < recent_.size()) recent_[position - base_] = 0;
}

void Ledger::settle(std::span<const Position> positions) {
    if (positions.empty()) return;
    std::string marks;
    for (auto position : positions) put<std::uint64_t>(marks, position + 1);
    const std::lock_guard lock(guard_);
    for (auto position : positions) settle_one(position);
    if (::write(marks_, marks.data(), marks.size()) != static_cast<ssize_t>(marks.size()))
        log::warning("ledger.mark_failed", {{"cause", std::strerror(errno)}, {"marks", positions.size()}});
}

std::vector<Ledger::Waiting> Ledger::waiting() const {
    const std::lock_guard lock(guard_);
    std::vector<Waiting> found;
    for (const auto& [position, recipient] : old_) found.push_back({position, recipient});
    std::ranges::sort(found, {}, &Waiting::position);
    for (std::size_t i = 0; i < recent_.size(); ++i)
        if (recent_[i]) found.push_back({base_ + i, recent_[i]});
    return found;
}

void Ledger::snapshot() {
    std::string bytes;
    std::uint64_t before = 0;
    {
        // From here on marks go to the next generation, and what is settled now is in the snapshot.
        const std::lock_guard lock(guard_);
        const int old_marks = marks_;
        before = generation_++;
        try {
            open_marks();
        } catch (const LedgerError&) {
            --generation_;
            marks_ = old_marks;
            throw;
        }
        ::close(old_marks);

        put(bytes, magic);
        put(bytes, generation_);
        put<std::uint64_t>(bytes, base_ + recent_.size());
        put<std::uint64_t>(bytes, 0);
        std::uint64_t count = 0;
        const auto add_entry = [&](Position position, Recipient recipient) {
            put(bytes, position);
            put(bytes, recipient);
            ++count;
        };
        for (const auto& [position, recipient] : old_) add_entry(position, recipient);
        for (std::size_t i = 0; i < recent_.size(); ++i)
            if (recent_[i]) add_entry(base_ + i, recent_[i]);
        std::memcpy(bytes.data() + 24, &count, sizeof count);
    }
    bytes += view(sha256(bytes));
    replace_file(directory_ / "snapshot", bytes);
    for (auto generation = before; std::filesystem::remove(marks_file(generation)) && generation > 0;) --generation;
}

}  // namespace chancery
