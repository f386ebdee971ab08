// A value, or the reason there is none: what refusals are returned in. Failures of the world are exceptions.
#pragma once
#include <expected>
#include <utility>

namespace chancery {

template <class T, class E>
using Result = std::expected<T, E>;

template <class E>
[[nodiscard]] std::unexpected<std::decay_t<E>> refusal(E&& error) {
    return std::unexpected<std::decay_t<E>>(std::forward<E>(error));
}

}  // namespace chancery
