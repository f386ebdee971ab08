// The request target (RFC 9112 §3.2): where a request goes.
#pragma once
#include <optional>
#include <string>
#include <string_view>

#include "net/http_message.h"

namespace chancery::net {

/// Fills in path and query, and the host when the target is a whole address (§3.2.2). False when it is not valid, or could
/// be understood in two ways.
bool read_target(std::string_view target, HttpRequest& request);

/// RFC 3986 §2.1; nothing when a % is not followed by two digits.
std::optional<std::string> percent_decoded(std::string_view text);

}  // namespace chancery::net
