#include "core/stream_log.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <bit>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <unordered_set>

#include "base/bytes.h"
#include "base/hash.h"
#include "base/log.h"

namespace chancery {
namespace {

static_assert(std::endian::native == std::endian::little && sizeof(StreamLog::Note) == 24);

constexpr std::uint64_t long_file = 8u << 20;        // bytes
constexpr std::size_t most_left = 200'000;           // streams of earlier processes that are remembered
constexpr std::string_view file_prefix = "streams-";

/// Whether the count `number` is covered when `received` stanzas were: modulo 2^32 (XEP-0198 §4).
bool covers(std::uint32_t received, std::uint32_t number) { return static_cast<std::int32_t>(received - number) >= 0; }

}  // namespace

StreamLog::Stream StreamLog::name(std::string_view resume_id, std::uint64_t owner) {
    std::string text(resume_id);
    put(text, owner);
    const auto digest = sha256(text);
    return std::max<Stream>(get<std::uint64_t>(view(digest).data()), 1);
}

StreamLog::StreamLog(std::filesystem::path directory) : directory_(std::move(directory)) {
    std::filesystem::create_directories(directory_);
    std::vector<std::uint64_t> generations;
    for (const auto& entry : std::filesystem::directory_iterator(directory_)) {
        const auto name = entry.path().filename().string();
        if (name.starts_with(file_prefix)) generations.push_back(std::strtoull(name.c_str() + file_prefix.size(), nullptr, 10));
    }
    std::ranges::sort(generations);
    for (const auto generation : generations) {
        read(file(generation));
        generation_ = generation;
    }
}

StreamLog::~StreamLog() {
    if (fd_ >= 0) ::close(fd_);
}

void StreamLog::open(std::span<const std::uint64_t> waiting) {
    const std::unordered_set<std::uint64_t> worth_keeping(waiting.begin(), waiting.end());
    for (auto& [stream, left] : left_)
        std::erase_if(left.sent, [&](const auto& each) { return !worth_keeping.contains(each.second); });
    begin_file();
    remove_older();
}

std::filesystem::path StreamLog::file(std::uint64_t generation) const {
    return directory_ / (std::string(file_prefix) + std::to_string(generation));
}

void StreamLog::read(const std::filesystem::path& file) {
    std::ifstream in(file, std::ios::binary);
    Note note;
    while (in.read(reinterpret_cast<char*>(&note), sizeof note)) {
        if (note.stream == 0 || (left_.size() >= most_left && !left_.contains(note.stream))) continue;
        auto& left = left_[note.stream];
        if (note.what == Note::handled) left.handled = note.number;
        else left.sent.emplace_back(note.number, note.position);
    }
}

void StreamLog::write(std::span<const Note> notes) {
    const std::lock_guard lock(guard_);
    write_locked(notes);
}

void StreamLog::write_locked(std::span<const Note> notes) {
    if (notes.empty()) return;
    if (::write(fd_, notes.data(), notes.size_bytes()) != static_cast<ssize_t>(notes.size_bytes()))
        log::warning("streams.not_noted", {{"cause", std::strerror(errno)}, {"notes", notes.size()}});
    size_ += notes.size_bytes();
}

std::optional<StreamLog::Past> StreamLog::take(Stream stream, std::uint32_t received) {
    const std::lock_guard lock(guard_);
    const auto found = left_.extract(stream);
    if (!found) return std::nullopt;
    Past past{.handled = found.mapped().handled, .received = {}};
    for (const auto& [number, position] : found.mapped().sent)
        if (covers(received, number)) past.received.push_back(position);
    return past;
}

bool StreamLog::is_long() const {
    const std::lock_guard lock(guard_);
    return size_ > long_file;
}

void StreamLog::begin_file() {
    const std::lock_guard lock(guard_);
    const auto fresh = file(generation_ + 1);
    const int fd = ::open(fresh.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    if (fd < 0) throw std::system_error(errno, std::generic_category(), fresh.string());
    if (fd_ >= 0) ::close(fd_);
    fd_ = fd;
    size_ = 0;
    ++generation_;
    std::vector<Note> notes;
    for (const auto& [stream, left] : left_) {
        if (left.sent.empty()) continue;
        notes.push_back({.stream = stream, .number = left.handled, .what = Note::handled});
        for (const auto& [number, position] : left.sent)
            notes.push_back({.stream = stream, .number = number, .what = Note::sent, .position = position});
    }
    write_locked(notes);
}

void StreamLog::remove_older() {
    const std::lock_guard lock(guard_);
    for (const auto& entry : std::filesystem::directory_iterator(directory_)) {
        const auto& path = entry.path();
        if (path.filename().string().starts_with(file_prefix) && path != file(generation_)) std::filesystem::remove(path);
    }
}

}  // namespace chancery
