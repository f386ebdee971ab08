#include "net/door.h"

#include "base/log.h"

namespace chancery::net {
namespace {

constexpr auto report_interval = std::chrono::seconds(1);  // a flood must not fill the log
constexpr const char *full = "The server has as many connections as it may have. Try again later.",
                     *busy = "Too many are signing in at once. Try again in a moment.",
                     *crowded = "Too many connections from your address.",
                     *crowded_entry = "Too many connections from your address have not signed in yet.";

/// Whom the connection counts to; nobody for this machine.
std::string origin_of(const Address& peer) {
    auto host = peer.host();
    if (host == "127.0.0.1" || host == "::1") return {};
    if (!host.contains(':')) return host;
    const auto& address = reinterpret_cast<const sockaddr_in6*>(peer.get())->sin6_addr;
    return {reinterpret_cast<const char*>(address.s6_addr), 8};
}

}  // namespace

Result<Door::Pass, Door::Refusal> Door::admit(const Address& peer) {
    auto origin = origin_of(peer);
    const std::lock_guard lock(guard_);
    if (const auto* why = refusal(origin)) {
        report(peer, why);
        return std::unexpected(Refusal{.by_address = why == crowded || why == crowded_entry, .why = why});
    }
    for (auto* count : {&total_, &by_origin_[origin]}) {
        ++count->all;
        ++count->signing_in;
    }
    return Pass(*this, std::move(origin));
}

const char* Door::refusal(const std::string& origin) const {
    if (total_.all >= limits_.connections) return full;
    const auto found = by_origin_.find(origin);
    if (!origin.empty() && found != by_origin_.end()) {
        if (found->second.all >= limits_.connections_per_address) return crowded;
        if (found->second.signing_in >= limits_.signing_in_per_address) return crowded_entry;
    }
    return total_.signing_in >= limits_.signing_in ? busy : nullptr;
}

void Door::report(const Address& peer, const char* why) {
    ++unreported_;
    const auto now = system_now();
    if (now < reported_ + report_interval) return;
    log::warning(name_ + ".not_admitted", {{"connections", std::exchange(unreported_, 0)}, {"the_last", peer.host()}, {"because", why}});
    reported_ = now;
}

void Door::has_signed_in(const std::string& origin) {
    const std::lock_guard lock(guard_);
    --total_.signing_in;
    --by_origin_.at(origin).signing_in;
}

void Door::leave(const std::string& origin, bool signing_in) {
    const std::lock_guard lock(guard_);
    const auto place = by_origin_.find(origin);
    for (auto* count : {&total_, &place->second}) {
        --count->all;
        count->signing_in -= signing_in;
    }
    if (place->second.all == 0) by_origin_.erase(place);
}

std::size_t Door::connections() const {
    const std::lock_guard lock(guard_);
    return static_cast<std::size_t>(total_.all);
}

Door::Pass::~Pass() {
    if (door_) door_->leave(origin_, signing_in_);
}

void Door::Pass::signed_in() {
    if (std::exchange(signing_in_, false)) door_->has_signed_in(origin_);
}

}  // namespace chancery::net
