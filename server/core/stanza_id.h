// The ids by which users know archived messages (XEP-0359, XEP-0313): a record's position, enciphered, so that nobody
// learns from two ids how much the whole organisation has written between them.
#pragma once
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/secret.h"

namespace chancery {

/// Concurrency: immutable; every thread.
class StanzaIds {
  public:
    explicit StanzaIds(const Key& master);
    /// 32 hexadecimal digits; the same for the same position as long as the key lives.
    std::string of(std::uint64_t position) const;
    /// The ids of many, one behind the other.
    static constexpr std::size_t size = 32;
    std::string of_each(std::span<const std::uint64_t> positions) const;
    /// The position, or nothing when this server never gave such an id.
    std::optional<std::uint64_t> position(std::string_view id) const;

  private:
    Key key_;
};

}  // namespace chancery
