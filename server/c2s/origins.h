// Which web pages may connect to this server. A browser says where a page came from (RFC 6454); other clients say nothing.
#pragma once
#include <functional>
#include <set>
#include <string>
#include <string_view>

#include "base/config.h"

namespace chancery::c2s {

class Origins {
  public:
    /// @throws ConfigError  what is listed is not an origin.
    explicit Origins(const Config& config);

    /// @param origin  of the page; empty: it was not said
    /// @param host    the host that the request was sent to
    bool allow(std::string_view origin, std::string_view host) const;

  private:
    std::set<std::string, std::less<>> listed_;
};

/// scheme://host[:port] in small letters without the port that goes without saying; empty when it is none.
std::string normal_origin(std::string_view origin);

}  // namespace chancery::c2s
