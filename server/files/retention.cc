#include "files/retention.h"

#include <algorithm>

#include "base/log.h"
#include "files/files.h"

namespace chancery::files {
namespace {

constexpr std::size_t most_at_a_time = 100;
constexpr auto look_interval = std::chrono::seconds(10);
constexpr auto sweep_interval = std::chrono::days(1);

}  // namespace

void Retention::record(const std::string& owner, const std::string& stanza) {
    recorder_.record_now({.kind = journal::Kind::file, .record = {.from = config_.domain, .to = owner, .stanza = stanza}});
}

void Retention::remove(const File& file, std::string how) {
    const auto& content = file.content.value();
    record(file.slot.owner.text(), record_of("removal", {{"id", file.slot.id}, {"name", file.slot.name}, {"size", std::to_string(file.slot.size)},
                                                         {"sha256", content.sha256}, {"type", content.type}, {"how", how}}));
    // From here on the removal is on record.
    keeping_.remove(file, {system_now(), std::move(how)});
}

void Retention::remove_due() {
    remove_due(State::kept, periods_.keep_days, "files.keep_days");
    remove_due(State::quarantined, periods_.quarantine_days, "files.quarantine_days");
}

/// The link in its message opens the file at least as long as links do.
void Retention::remove_due(State state, std::int64_t days, const std::string& setting) {
    if (days == 0) return;
    const auto kept = std::max<std::chrono::hours>(std::chrono::days(days), std::chrono::hours(config_.files.link_hours));
    const auto how = "under the retention of " + std::to_string(days) + (days == 1 ? " day (" : " days (") + setting + ")";
    for (const auto& id : register_.older_now(state, system_now() - kept, most_at_a_time))
        if (const auto file = register_.find_now(id)) remove(*file, how);
}

void Retention::sweep(const std::function<bool()>& is_stopped) {
    const auto record_left = [this](const std::string& content) {
        record(config_.domain, record_of("removal", {{"content", content}, {"how", "because no upload needs it: the server had stopped in the middle of "
                                                                                   "an upload that was not accepted, or of a removal"}}));
    };
    const auto swept = keeping_.sweep(record_left, is_stopped);
    if (swept.destroyed > 0) log::info("files.swept", {{"destroyed", swept.destroyed}});
    if (swept.strangers > 0)
        log::warning("files.strangers", {{"count", swept.strangers}, {"mend", "state.db knows nothing of these contents: is it an older one?"}});
}

std::vector<Chore> chores_of(Retention& retention) {
    const auto sweep = [&retention](std::stop_token stop) { retention.sweep([stop] { return stop.stop_requested(); }); };
    const auto remove_due = [&retention](std::stop_token) { retention.remove_due(); };
    return {{.name = "files that are left", .every = sweep_interval, .work = sweep, .at_start = true},
            {.name = "files that are due", .every = look_interval, .work = remove_due, .at_start = true}};
}

}  // namespace chancery::files
