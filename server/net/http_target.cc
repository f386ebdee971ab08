#include "net/http_target.h"

#include <algorithm>

namespace chancery::net {
namespace {

int digit(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
}

/// A path that means the same to whoever splits it: no empty, . or .. segment, nothing that no file name has.
bool is_plain(std::string_view path) {
    if (std::ranges::any_of(path, [](unsigned char c) { return c < ' ' || c == 0x7F || c == '\\'; })) return false;
    for (std::size_t at = 1; at <= path.size();) {
        const auto end = std::min(path.find('/', at), path.size());
        const auto segment = path.substr(at, end - at);
        const bool is_last = end == path.size();
        if ((segment.empty() && !is_last) || segment == "." || segment == "..") return false;
        at = end + 1;
    }
    return true;
}

}  // namespace

std::optional<std::string> percent_decoded(std::string_view text) {
    std::string decoded;
    decoded.reserve(text.size());
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] != '%') {
            decoded += text[i];
            continue;
        }
        if (i + 2 >= text.size()) return std::nullopt;
        const int high = digit(text[i + 1]), low = digit(text[i + 2]);
        if (high < 0 || low < 0) return std::nullopt;
        decoded += static_cast<char>(high * 16 + low);
        i += 2;
    }
    return decoded;
}

bool read_target(std::string_view target, HttpRequest& request) {
    if (std::ranges::any_of(target, [](unsigned char c) { return c <= ' ' || c >= 0x7F || c == '#'; })) return false;
    if (target == "*" && request.method == "OPTIONS") {
        request.path = target;
        return true;
    }
    for (const std::string_view scheme : {"https://", "http://"}) {
        if (!equals_without_case(target.substr(0, scheme.size()), scheme)) continue;
        target.remove_prefix(scheme.size());
        const auto end = std::min(target.find_first_of("/?"), target.size());
        request.host = target.substr(0, end);
        target.remove_prefix(end);
        if (target.empty()) target = "/";
        break;
    }
    if (!target.starts_with('/')) return false;
    const auto mark = std::min(target.find('?'), target.size());
    auto path = percent_decoded(target.substr(0, mark));
    if (!path || !is_plain(*path)) return false;
    request.path = std::move(*path);
    request.query = mark < target.size() ? target.substr(mark + 1) : std::string_view();
    return true;
}

}  // namespace chancery::net
