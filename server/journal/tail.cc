#include "journal/tail.h"

#include <algorithm>
#include <cerrno>
#include <cstdio>

namespace chancery::journal {
namespace {

constexpr std::size_t ahead = 1 << 20;

const std::string& zeros() {
    static const std::string text(ahead, '\0');
    return text;
}

}  // namespace

Tail Tail::create(const std::filesystem::path& path, std::uint32_t number, Position first, Time now,
                  std::string_view journal, Disk& disk) {
    const std::filesystem::path beside = path.string() + ".new";
    std::error_code ignored;
    std::filesystem::remove(beside, ignored);
    {
        File file(beside, File::Mode::create, disk);
        try {
            file.write_at(0, make_segment_header(number, first, now, journal));
            file.write_at(sizeof(SegmentHeader), zeros());
            file.sync();
        } catch (const FileError&) {
            std::filesystem::remove(beside, ignored);  // the failure that is thrown on tells more
            throw;
        }
    }
    if (std::rename(beside.c_str(), path.c_str()) != 0) throw FileError("cannot put in place", path, errno);
    sync_folder(path.parent_path());
    Tail tail;
    tail.file_ = File(path, File::Mode::write, disk);
    tail.end_ = sizeof(SegmentHeader);
    tail.zeroed_ = sizeof(SegmentHeader) + ahead;
    return tail;
}

Tail Tail::resume(const std::filesystem::path& path, const Segment& segment, Disk& disk) {
    Tail tail;
    tail.file_ = File(path, File::Mode::write, disk);
    tail.file_.truncate(segment.records_end);
    tail.file_.sync();
    tail.end_ = segment.records_end;
    tail.zeroed_ = segment.records_end;
    return tail;
}

void Tail::append(std::string_view records) {
    file_.write_at(end_, records);
    file_.sync();
    end_ += static_cast<std::uint32_t>(records.size());
}

void Tail::write_ahead() {
    if (zeroed_ >= end_ + ahead / 2) return;
    const auto from = std::max<std::uint64_t>(zeroed_, end_);
    try {
        file_.write_at(from, zeros());
    } catch (const FileError& failure) {
        if (failure.error != ENOSPC && failure.error != EDQUOT) throw;
        return;  // what is left may do for some records more
    }
    file_.sync();
    zeroed_ = from + ahead;
}

void Tail::cut_back() noexcept {
    try {
        file_.truncate(end_);
    } catch (const FileError&) {
        try {
            file_.write_at(end_, zeros());
        } catch (const FileError&) {
            return;  // the disk takes nothing at all; healing cuts back before it goes on
        }
    }
}

void Tail::seal(const Segment& segment, std::string_view offsets) {
    const auto footer = make_footer(segment.number, segment.first, segment.records_end, offsets);
    file_.truncate(segment.records_end);
    file_.write_at(segment.records_end, footer);
    file_.sync();
}

}  // namespace chancery::journal
