#include "core/returns.h"

#include <utility>

namespace chancery {

Returns::Watch::Watch(Returns& returns, std::string id) : returns_(returns), id_(std::move(id)) {
    const std::lock_guard lock(returns_.guard_);
    returns_.watched_.emplace(id_, std::nullopt);
}

Returns::Watch::~Watch() {
    const std::lock_guard lock(returns_.guard_);
    returns_.watched_.erase(id_);
}

std::optional<StanzaError> Returns::Watch::error() const {
    const std::lock_guard lock(returns_.guard_);
    return returns_.watched_.at(id_);
}

void Returns::take(std::string_view id, const StanzaError& error) {
    const std::lock_guard lock(guard_);
    const auto found = watched_.find(id);
    if (found != watched_.end() && !found->second) found->second = error;
}

}  // namespace chancery
