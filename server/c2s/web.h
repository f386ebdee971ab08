// What browsers find on the HTTPS port: XMPP over WebSocket (RFC 7395), over BOSH (bosh.h), and where both are (XEP-0156).
#pragma once
#include "c2s/bosh.h"
#include "c2s/origins.h"
#include "c2s/service.h"
#include "net/http_router.h"

namespace chancery::c2s {

class Web {
  public:
    /// @throws ConfigError
    explicit Web(Service& service);

    void add_routes(net::HttpRouter& router);

  private:
    Task<> open_websocket(net::HttpExchange& exchange);
    Task<> describe(net::HttpExchange& exchange, bool as_json);
    std::string public_host(const net::HttpRequest& request) const;

    Service& service_;
    Origins origins_;
    Bosh bosh_;
};

}  // namespace chancery::c2s
