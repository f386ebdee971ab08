#include "journal/thinning.h"

#include "journal/checkpoint.h"

namespace chancery::journal {
namespace {

constexpr auto kept_whole = std::chrono::hours(1);
constexpr std::uint64_t records_between = 65'536;  // so that damage is narrowed down by verification as before

struct Note {
    std::string_view text;
    std::optional<Checkpoint> says;
};

std::vector<Note> split(std::string_view& rest) {
    std::vector<Note> notes;
    while (const auto text = take_note(rest)) notes.push_back({*text, parse_note(*text)});
    return notes;
}

auto hour_of(const Checkpoint& checkpoint) {
    return std::chrono::floor<std::chrono::hours>(checkpoint.time);
}

}  // namespace

std::string thinned(std::string_view notes, const std::vector<Position>& segment_ends, Time now) {
    std::string kept;
    std::uint64_t kept_size = 0;
    auto next_end = segment_ends.begin();
    const auto all = split(notes);
    for (std::size_t i = 0; i < all.size(); ++i) {
        const auto& says = all[i].says;
        const auto* next = i + 1 < all.size() && all[i + 1].says ? &*all[i + 1].says : nullptr;
        bool keep = i == 0 || !says || !next || says->time > now - kept_whole || hour_of(*says) != hour_of(*next) ||
                    next->size > kept_size + records_between;
        for (; says && next_end != segment_ends.end() && *next_end <= says->size; ++next_end) keep = true;
        if (!keep) continue;
        kept.append(all[i].text);
        if (says) kept_size = says->size;
    }
    return kept.append(notes);  // an unfinished one
}

}  // namespace chancery::journal
