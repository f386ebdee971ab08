#include "s2s/meter.h"

#include <algorithm>

namespace chancery::s2s {

using namespace std::chrono_literals;

constexpr std::int64_t fewest_judged = 50;  // stanzas in a minute; fewer say nothing about a domain

bool Meter::mostly_fails() const {
    return stanzas_ >= fewest_judged && failed_ * 100 > stanzas_ * limits_.failure_percent;
}

/// Errors come back later than the stanzas went in.
void Meter::failed() {
    ++failed_;
    if (mostly_fails()) suspicious_ = true;
}

void Meter::begin_minute(Moment now) {
    if (now < minute_ + 1min) return;
    suspicious_ = mostly_fails();
    minute_ = now;
    stanzas_ = failed_ = 0;
    targets_.clear();
}

/// A bucket that holds one second's worth.
std::chrono::milliseconds Meter::take(Moment now) {
    begin_minute(now);
    ++stanzas_;
    if (mostly_fails()) suspicious_ = true;
    const auto rate = suspicious_ ? 1 : limits_.stanzas_per_second;
    const auto share = std::chrono::duration_cast<Moment::duration>(1s) / rate;
    next_ = std::max(next_, now - 1s) + share;
    return next_ <= now ? 0ms : std::chrono::ceil<std::chrono::milliseconds>(next_ - now);
}

bool Meter::admits(std::string_view address, Moment now) {
    begin_minute(now);
    if (targets_.contains(std::string(address))) return true;
    if (static_cast<std::int64_t>(targets_.size()) >= limits_.targets_per_minute) return false;
    targets_.emplace(address);
    return true;
}

bool Meter::is_stale(Moment now) const { return now > minute_ + 2min && now > next_ + 1min; }

}  // namespace chancery::s2s
