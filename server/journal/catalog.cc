#include "journal/catalog.h"

#include <algorithm>
#include <mutex>

#include "base/bytes.h"

namespace chancery::journal {

void Catalog::add(const Segment& segment, std::vector<std::uint32_t> offsets) {
    const std::unique_lock lock(guard_);
    if (segment.number < segments_.size())
        segments_.pop_back();
    else if (!segments_.empty())
        sealed_bytes_ += segments_.back().records_end;
    segments_.push_back(segment);
    offsets_ = std::move(offsets);
}

void Catalog::extend(std::span<const std::uint32_t> offsets, std::uint32_t records_end) {
    const std::unique_lock lock(guard_);
    offsets_.insert(offsets_.end(), offsets.begin(), offsets.end());
    segments_.back().count += static_cast<std::uint32_t>(offsets.size());
    segments_.back().records_end = records_end;
}

std::optional<Location> Catalog::locate(Position position) const {
    Segment segment;
    {
        const std::shared_lock lock(guard_);
        auto after = std::upper_bound(segments_.begin(), segments_.end(), position,
                                      [](Position wanted, const Segment& one) { return wanted < one.first; });
        if (after == segments_.begin()) return std::nullopt;
        segment = *--after;
        const auto index = position - segment.first;
        if (index >= segment.count) return std::nullopt;
        if (after + 1 == segments_.end() && index < offsets_.size())
            return Location{segment.number, offsets_[index]};
    }
    std::uint32_t offset = 0;
    const auto at = segment.records_end + 4 * (position - segment.first);
    if (file(segment.number)->read_at(at, reinterpret_cast<char*>(&offset), sizeof offset) != sizeof offset)
        throw FileError("the footer of segment " + path_of(segment.number).string() +
                        " is gone. To mend it: chancery archive verify");
    return Location{segment.number, offset};
}

std::optional<Segment> Catalog::segment(std::uint32_t number) const {
    const std::shared_lock lock(guard_);
    if (number >= segments_.size()) return std::nullopt;
    return segments_[number];
}

std::optional<Segment> Catalog::last() const {
    const std::shared_lock lock(guard_);
    if (segments_.empty()) return std::nullopt;
    return segments_.back();
}

std::uint32_t Catalog::size() const {
    const std::shared_lock lock(guard_);
    return static_cast<std::uint32_t>(segments_.size());
}

std::uint64_t Catalog::bytes() const {
    const std::shared_lock lock(guard_);
    return sealed_bytes_ + (segments_.empty() ? 0 : segments_.back().records_end);
}

Position Catalog::end() const {
    const std::shared_lock lock(guard_);
    return segments_.empty() ? 0 : segments_.back().first + segments_.back().count;
}

std::string Catalog::last_offsets() const {
    const std::shared_lock lock(guard_);
    return {reinterpret_cast<const char*>(offsets_.data()), offsets_.size() * sizeof(std::uint32_t)};
}

std::shared_ptr<const File> Catalog::file(std::uint32_t number) const {
    constexpr std::size_t most = 128;
    const std::lock_guard lock(files_guard_);
    if (const auto known = files_.find(number); known != files_.end()) return known->second;
    if (files_.size() >= most) files_.clear();
    return files_[number] = std::make_shared<const File>(path_of(number), File::Mode::read);
}

void Catalog::forget_files() {
    const std::lock_guard lock(files_guard_);
    files_.clear();
}

}  // namespace chancery::journal
