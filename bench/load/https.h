// HTTPS as the file scenario needs it: one connection that is kept, one request after the other, in a thread that may block.
#pragma once
#include <cstdint>
#include <functional>
#include <stdexcept>
#include <string>
#include <string_view>

#include "load/tls.h"

namespace chancery::load {

struct HttpsFailure : std::runtime_error {
    using std::runtime_error::runtime_error;
};

/// An address in a slot (XEP-0363), and what goes with it.
struct Url {
    std::string host, path;
    std::uint16_t port = 443;
    std::string authorization;  ///< header of the request; empty: none
};

/// @throws HttpsFailure  it is no https address
Url parse_url(std::string_view text);

class Https {
  public:
    /// Connects to the port on loopback, whatever the host's name is. @throws HttpsFailure
    Https(const TlsContext& context, const std::string& host, std::uint16_t port);
    ~Https();
    Https(const Https&) = delete;

    /// The status. @throws HttpsFailure
    int put(const Url& url, std::string_view body);
    /// The status; `take` gets the content as it comes.
    int get(const Url& url, const std::function<void(std::string_view)>& take);

  private:
    int ask(const std::string& head, std::string_view body, const std::function<void(std::string_view)>& take);
    void write(std::string_view bytes);
    bool read_more();

    int socket_;
    SSL* ssl_;
    std::string buffer_;
};

}  // namespace chancery::load
