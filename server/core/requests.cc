#include "core/requests.h"

#include <charconv>

namespace chancery {
namespace {

constexpr std::string_view prefix = "server-";

}  // namespace

Requests::Open::Open(Requests& requests, Jid asked)
    : requests_(requests), asked_(std::move(asked)),
      id_(std::string(prefix) + std::to_string(requests.home_) + "-" + std::to_string(++requests.last_)) {
    requests_.open_.emplace(id_, this);
}

Requests::Open::~Open() { requests_.open_.erase(id_); }

Task<> Requests::Open::answered() { co_await done_.wait(); }

void Requests::take(const std::string& id, const Jid& from, Answer answer) {
    const auto found = open_.find(id);
    if (found == open_.end() || found->second->asked_ != from) return;
    found->second->answer = std::move(answer);
    found->second->done_.set();
}

std::optional<std::size_t> Requests::home_of(std::string_view id) {
    if (!id.starts_with(prefix)) return std::nullopt;
    id.remove_prefix(prefix.size());
    std::size_t home = 0;
    const auto [end, error] = std::from_chars(id.data(), id.data() + id.size(), home);
    if (error != std::errc() || end == id.data() + id.size() || *end != '-') return std::nullopt;
    return home;
}

}  // namespace chancery
