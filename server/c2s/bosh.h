// BOSH at /http-bind (XEP-0124 1.11.2, XEP-0206 1.4): finds the session that a request belongs to, on whichever shard it
// is, and waits there for the answer.
//
// Concurrency. Every shard; one lock, for the table that says where a session is.
// Limits. A session is a connection for the door, and each HTTP connection is one too. A request: `stanza_kib` and some.
#pragma once
#include <mutex>
#include <unordered_map>

#include "c2s/bosh_stream.h"
#include "c2s/origins.h"
#include "c2s/service.h"
#include "net/http_router.h"

namespace chancery::c2s {

class Bosh final : public BoshRegistry {
  public:
    static constexpr std::string_view path = "/http-bind";

    Bosh(Service& service, const Origins& origins);
    void add_routes(net::HttpRouter& router);

    void enter(BoshStream& stream) override;
    void leave(BoshStream& stream, bool has_ended) override;

  private:
    using Held = std::shared_ptr<BoshStream::Held>;
    struct Answer {
        std::string body;
        bool signed_in = false;
    };

    Task<> serve(net::HttpExchange& exchange);
    Task<> allow(net::HttpExchange& exchange);
    net::HttpFields fields_for(const net::HttpRequest& request) const;
    Task<Answer> answer(BoshRequest request, net::Address peer);
    Result<Held, std::string> create(BoshRequest request, const net::Address& peer);
    Task<Held> ask(BoshRequest request);
    net::Shard* place_of(const std::string& sid) const;
    BoshStream* here(const std::string& sid);

    Service& service_;
    const Origins& origins_;
    mutable std::mutex guard_;
    std::unordered_map<std::string, net::Shard*> places_;
    std::vector<std::unordered_map<std::string, BoshStream*>> per_shard_;
};

}  // namespace chancery::c2s
