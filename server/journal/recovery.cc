#include "journal/recovery.h"

#include <algorithm>
#include <set>

#include "base/log.h"
#include "journal/reader.h"

namespace chancery::journal {
namespace {

[[noreturn]] void refuse(const std::string& what) {
    throw OpenError("The journal is damaged or was tampered with: " + what +
                    ". It is not opened for writing, so that nothing more is lost. "
                    "To see what is damaged: chancery archive verify");
}

std::vector<std::uint32_t> numbers_in(const std::filesystem::path& folder) {
    std::set<std::uint32_t> numbers;
    for (const auto& entry : std::filesystem::directory_iterator(folder))
        if (const auto number = segment_number(entry.path())) numbers.insert(*number);
    return {numbers.begin(), numbers.end()};
}

struct Opened {
    File file;
    SegmentHeader header;
    std::optional<Trailer> trailer;
    std::uint64_t size;
};

Opened open_segment(const std::filesystem::path& path, std::uint32_t number, Position first) {
    Opened opened{.file = File(path, File::Mode::read)};
    const auto header = read_segment_header(opened.file.read_at(0, sizeof(SegmentHeader)));
    if (!header || header->number != number || header->first != first)
        refuse("the header of segment " + path.string() + " is not as it was written");
    opened.header = *header;
    opened.size = opened.file.size();
    if (opened.size >= sizeof(SegmentHeader) + sizeof(Trailer))
        opened.trailer =
            read_trailer(opened.file.read_at(opened.size - sizeof(Trailer), sizeof(Trailer)), opened.size);
    if (opened.trailer && (opened.trailer->number != number || opened.trailer->first != first))
        refuse("the footer of segment " + path.string() + " belongs to another one");
    return opened;
}

struct Walk {
    Segment segment;
    std::vector<std::uint32_t> offsets;
    Time last_time{};
};

/// Reads the growing segment up to the first thing that is not the next record.
Walk walk(std::string_view bytes, std::uint32_t number, Position first) {
    Walk walk{.segment = {.number = number, .first = first}};
    std::size_t at = sizeof(SegmentHeader);
    while (const auto record = intact_record(bytes.substr(at))) {
        if (record->position != first + walk.segment.count) break;
        walk.offsets.push_back(static_cast<std::uint32_t>(at));
        walk.last_time = from_micros(record->time);
        ++walk.segment.count;
        at += record->length;
    }
    walk.segment.records_end = static_cast<std::uint32_t>(at);
    return walk;
}

/// Behind the last good record there may be an unfinished batch, and nothing else.
void check_rest(std::string_view bytes, const Walk& walk, const std::filesystem::path& path,
                std::uint64_t covered) {
    const auto missing = walk.segment.first + walk.segment.count;
    const auto record = "the record at position " + std::to_string(missing) + " (segment " + path.string() +
                        ", byte " + std::to_string(walk.segment.records_end) + ")";
    if (missing < covered) refuse(record + " is covered by a signed checkpoint and is damaged or missing");
    const auto rest = bytes.substr(walk.segment.records_end);
    if (rest.find_first_not_of('\0') == rest.npos) return;
    for (auto at = find_next_record(rest, 0, missing); at != rest.npos;
         at = find_next_record(rest, at + 1, missing)) {
        const auto later = record_header(rest.substr(at));
        if (later.position - later.batch_index > missing)
            refuse(record + " is damaged, although the one at position " + std::to_string(later.position) +
                   " proves that it was on record");
    }
    log::warning("journal-unfinished-batch-left-out",
                 {{"position", missing}, {"segment", path.string()}, {"byte", walk.segment.records_end}});
}

Time time_of_last_record(const File& file, const Trailer& trailer) {
    if (trailer.count == 0) return {};
    std::uint32_t offset = 0;
    file.read_at(trailer.records_end + 4 * (trailer.count - 1), reinterpret_cast<char*>(&offset),
                 sizeof offset);
    const auto header = file.read_at(offset, sizeof(RecordHeader));
    return header.size() < sizeof(RecordHeader) ? Time{} : from_micros(record_header(header).time);
}

}  // namespace

End recover_segments(Catalog& catalog, const std::filesystem::path& folder, std::uint64_t covered) {
    End end;
    const auto numbers = numbers_in(folder);
    for (std::uint32_t number = 0; number < numbers.size(); ++number) {
        const auto path = catalog.path_of(number);
        if (numbers[number] != number) refuse("segment " + path.string() + " is missing");
        const bool is_last = number + 1 == numbers.size();
        const auto first = catalog.end();
        const auto opened = open_segment(path, number, first);
        const std::string_view journal(opened.header.journal, sizeof opened.header.journal);
        if (number > 0 && journal != end.journal)
            refuse("segment " + path.string() + " belongs to another journal");
        end.journal = journal;
        if (const auto& trailer = opened.trailer) {
            catalog.add({number, first, trailer->count, trailer->records_end});
            if (is_last) end.last_time = time_of_last_record(opened.file, *trailer);
            end.last_is_sealed = true;
            continue;
        }
        if (!is_last) refuse("the footer of segment " + path.string() + " is not as it was written");
        const auto bytes = opened.file.read_at(0, opened.size);
        auto found = walk(bytes, number, first);
        check_rest(bytes, found, path, covered);
        catalog.add(found.segment, std::move(found.offsets));
        end.last_is_sealed = false;
        end.last_time = std::max(found.last_time, from_micros(opened.header.created));
    }
    if (catalog.end() < covered)
        refuse("the last checkpoint speaks of " + std::to_string(covered) +
               " records, and the record at position " + std::to_string(catalog.end()) +
               " and those after it are missing");
    return end;
}

std::shared_ptr<TreeFile> recover_tree(const std::filesystem::path& path, const Catalog& catalog,
                                       const Checkpoint& last, Disk& disk) {
    const bool holds = TreeFile::holds(path, last.size, last.root);
    if (!holds) log::warning("journal-tree-rebuilt", {{"records", catalog.end()}});
    auto tree = std::make_shared<TreeFile>(path, holds ? last.size : 0, disk);
    RecordReader reader(catalog, tree->size());
    while (const auto record = reader.next(catalog.end())) {
        if (!record->intact)
            refuse("the record at position " + std::to_string(record->position) + " is damaged");
        tree->append(leaf_hash(record->bytes));
        if (tree->size() % 65'536 == 0) tree->flush();
        if (tree->size() == last.size && tree->root() != last.root)
            refuse("records below position " + std::to_string(last.size) +
                   " are not those that were signed on " + to_iso(last.time));
    }
    tree->flush();
    return tree;
}

}  // namespace chancery::journal
