// Dialback keys (XEP-0220 1.1.1, generated as in XEP-0185 1.0).
#pragma once
#include <string>
#include <string_view>

#include "base/secret.h"

namespace chancery::s2s {

inline constexpr std::string_view dialback_ns = "jabber:server:dialback";

class DialbackKeys {
  public:
    explicit DialbackKeys(const Key& master);

    /// For the stream `id` that the receiving server has given to the originating one.
    std::string of(std::string_view receiving, std::string_view originating, std::string_view id) const;
    bool is_good(std::string_view key, std::string_view receiving, std::string_view originating, std::string_view id) const;

  private:
    std::string secret_;  // hexadecimal, as XEP-0185 uses it
};

}  // namespace chancery::s2s
