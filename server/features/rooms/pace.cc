#include "features/rooms/pace.h"

#include <algorithm>

namespace chancery::rooms {

std::optional<std::chrono::seconds> Pace::wait(const Jid& person, Cost cost, Time now) {
    forget_past(now);
    const auto found = until_.find(person.bare_text());
    const auto until = found == until_.end() ? now : std::max(found->second, now);
    if (until > now + most_ahead_) return std::chrono::ceil<std::chrono::seconds>(until - now - most_ahead_);
    until_.insert_or_assign(std::string(person.bare_text()), until + cost);
    return std::nullopt;
}

/// Whenever there are twice as many as were left the last time: little for each that comes.
void Pace::forget_past(Time now) {
    constexpr std::size_t few = 100;
    if (until_.size() < std::max(few, 2 * looked_through_)) return;
    std::erase_if(until_, [now](const auto& each) { return each.second <= now; });
    looked_through_ = until_.size();
}

}  // namespace chancery::rooms
