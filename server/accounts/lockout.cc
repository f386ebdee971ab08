#include "accounts/lockout.h"

#include <algorithm>

namespace chancery {
namespace {

// The size keeps ("ab", "c") and ("a", "bc") apart.
Digest pair_key(std::string_view name, std::string_view address) {
    return sha256({"pair", std::to_string(name.size()), " ", name, address});
}
Digest address_key(std::string_view address) { return sha256({"address", address}); }

}  // namespace

std::optional<std::chrono::microseconds> Lockout::pause(std::string_view name, std::string_view address) {
    const auto pair = pair_key(name, address), alone = address_key(address);
    const auto now = clock_();
    const std::lock_guard lock(guard_);
    const auto end = std::max(until(pair), until(alone));
    if (end <= now) return std::nullopt;
    return end - now;
}

void Lockout::failed(std::string_view name, std::string_view address) {
    const auto pair = pair_key(name, address), alone = address_key(address);
    const auto now = clock_();
    const std::lock_guard lock(guard_);
    count(pair, rules_.free_failures, now);
    count(alone, rules_.free_failures_address, now);
}

void Lockout::succeeded(std::string_view name, std::string_view address) {
    const auto pair = pair_key(name, address);
    const std::lock_guard lock(guard_);
    const auto found = index_.find(pair);
    if (found == index_.end()) return;
    entries_.erase(found->second);
    index_.erase(found);
}

std::size_t Lockout::size() const {
    const std::lock_guard lock(guard_);
    return entries_.size();
}

void Lockout::count(const Digest& key, int free_failures, Time now) {
    auto found = index_.find(key);
    if (found == index_.end()) {
        found = index_.emplace(key, entries_.insert(entries_.end(), Entry{.key = key})).first;
    } else {
        entries_.splice(entries_.end(), entries_, found->second);
    }
    auto& entry = *found->second;
    if (now - entry.last > rules_.memory) entry.failures = 0;
    ++entry.failures;
    entry.last = now;
    entry.until = now + pause_after(entry.failures, free_failures);
    if (entries_.size() <= rules_.capacity) return;
    index_.erase(entries_.front().key);
    entries_.pop_front();
}

Time Lockout::until(const Digest& key) const {
    const auto found = index_.find(key);
    return found == index_.end() ? Time{} : found->second->until;
}

std::chrono::seconds Lockout::pause_after(int failures, int free_failures) const {
    if (failures < free_failures) return 0s;
    auto pause = rules_.first_pause;
    for (int i = free_failures; i < failures && pause < rules_.longest_pause; ++i) pause *= 2;
    return std::min(pause, rules_.longest_pause);
}

}  // namespace chancery
