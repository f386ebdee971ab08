// Which handler a request goes to: by its path, then by its method.
//
// Concurrency. Filled at start-up, then read on every shard.
#pragma once
#include <functional>
#include <string>
#include <vector>

#include "base/task.h"
#include "net/http_exchange.h"

namespace chancery::net {

struct HttpRoute {
    std::string path;                  ///< exact; with / at its end: all that begins with it
    std::vector<std::string> methods;  ///< GET stands for HEAD too
    std::size_t most_body_bytes = 0;   ///< of a request
    /// Answers. Not a coroutine that captures: a call of one. @throws HttpError
    std::function<Task<>(HttpExchange&)> handler;
};

class HttpRouter {
  public:
    void add(HttpRoute route) { routes_.push_back(std::move(route)); }
    /// @throws HttpError  404, 405 or 501
    const HttpRoute& find(const HttpRequest& request) const;

  private:
    std::vector<HttpRoute> routes_;
};

}  // namespace chancery::net
