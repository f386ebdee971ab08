// SCRAM (RFC 5802, RFC 7677), with and without channel binding, as two steps: the names first, then the
// proof.
//
// The lists that the server offered go into what both sides sign (XEP-0474), so that nobody in between can
// take a mechanism or a binding out of them.
#pragma once
#include "accounts/sasl/exchange.h"
#include "accounts/sasl/scram_message.h"

namespace chancery::sasl {

class Scram : public Exchange {
  public:
    Scram(Mechanism mechanism, Context context) : mechanism_(mechanism), context_(std::move(context)) {}

  private:
    /// What the first step leaves for the second.
    struct Opened {
        Authenticator::Claim claim;
        std::string nonce;        // the client's and ours
        std::string binding;      // what "c" must be
        std::string first_texts;  // client-first-bare and server-first, as AuthMessage begins
    };

    Task<Step> receive(std::string message) override;
    Step open(std::string_view message);
    Step close(std::string_view message);
    std::optional<Failure> check_binding(const ClientFirst& first) const;

    const Mechanism mechanism_;
    Context context_;
    std::optional<Opened> opened_;
};

}  // namespace chancery::sasl
