#include "net/http_router.h"

#include <algorithm>

namespace chancery::net {
namespace {

bool fits(const HttpRoute& route, const std::string& path) {
    return route.path.ends_with('/') ? path.starts_with(route.path) : path == route.path;
}

bool allows(const HttpRoute& route, const std::string& method) {
    return std::ranges::find(route.methods, method == "HEAD" ? "GET" : method) != route.methods.end();
}

}  // namespace

const HttpRoute& HttpRouter::find(const HttpRequest& request) const {
    constexpr std::string_view known[] = {"GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "PATCH", "TRACE", "CONNECT"};
    if (std::ranges::find(known, request.method) == std::end(known)) throw HttpError(501, "That method is not known.");
    std::size_t longest = 0;
    std::string methods;
    const HttpRoute* found = nullptr;
    for (const auto& route : routes_) {
        if (!fits(route, request.path) || route.path.size() < longest) continue;
        if (route.path.size() > longest) {
            longest = route.path.size();
            found = nullptr;
            methods.clear();
        }
        if (allows(route, request.method)) found = &route;
        for (const auto& method : route.methods) {
            methods += (methods.empty() ? "" : ", ") + method;
            if (method == "GET") methods += ", HEAD";
        }
    }
    if (found) return *found;
    if (longest > 0) throw HttpError(405, "That method is not allowed here.", {{"Allow", methods}});
    throw HttpError(404, "There is nothing here.");
}

}  // namespace chancery::net
