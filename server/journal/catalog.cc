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

/// The segment that has the record. With the lock held.
bool Catalog::find(Position position, Segment& segment) const {
    auto after = std::upper_bound(segments_.begin(), segments_.end(), position,
                                  [](Position wanted, const Segment& one) { return wanted < one.first; });
    if (after == segments_.begin()) return false;
    segment = *--after;
    return position - segment.first < segment.count;
}

/// From a sealed segment's footer.
void Catalog::read_offsets(const Segment& segment, std::uint32_t index, std::span<std::uint32_t> offsets) const {
    const auto at = segment.records_end + std::uint64_t{sizeof(std::uint32_t)} * index;
    if (file(segment.number)->read_at(at, reinterpret_cast<char*>(offsets.data()), offsets.size_bytes()) != offsets.size_bytes())
        throw FileError("the footer of segment " + path_of(segment.number).string() +
                        " is gone. To mend it: chancery archive verify");
}

std::optional<Location> Catalog::locate(Position position) const {
    Segment segment;
    std::uint32_t index = 0;
    {
        const std::shared_lock lock(guard_);
        if (!find(position, segment)) return std::nullopt;
        index = static_cast<std::uint32_t>(position - segment.first);
        if (segment.number + 1 == segments_.size() && index < offsets_.size())
            return Location{segment.number, offsets_[index]};
    }
    std::uint32_t offset = 0;
    read_offsets(segment, index, {&offset, 1});
    return Location{segment.number, offset};
}

bool Catalog::stretch_around(Position position, Stretch& stretch) const {
    constexpr std::uint32_t most = 1'024;  // records: a page of a footer
    Segment segment;
    std::uint32_t index = 0, count = 0;
    {
        const std::shared_lock lock(guard_);
        if (!find(position, segment)) return false;
        index = static_cast<std::uint32_t>(position - segment.first) / most * most;
        count = std::min(most, segment.count - index);
        stretch.segment = segment;
        stretch.first = segment.first + index;
        stretch.offsets.assign(count + 1, segment.records_end);
        if (index + count < segment.count) ++count;  // the next one's beginning is where the last one ends
        if (segment.number + 1 == segments_.size() && index + count <= offsets_.size()) {
            std::copy_n(offsets_.begin() + index, count, stretch.offsets.begin());
            return true;
        }
    }
    read_offsets(segment, index, {stretch.offsets.data(), count});
    return true;
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
