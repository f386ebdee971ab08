// PLAIN (RFC 4616): name and password as they are; only where the configuration permits it, under TLS as
// everything.
#pragma once
#include "accounts/sasl/exchange.h"

namespace chancery::sasl {

class Plain : public Exchange {
  public:
    explicit Plain(Context context) : context_(std::move(context)) {}

  private:
    Task<Step> receive(std::string message) override;

    Context context_;
};

/// Whether the client asks to act as who it signs in as: no authzid, or its own bare address, which is also that of its
/// stream if it gave one (XEP-0388 §2.4). Else the failure.
std::optional<Failure> check_authzid(std::string_view authzid, std::string_view name, const Context& context);

}  // namespace chancery::sasl
