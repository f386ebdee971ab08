// One SASL exchange from the server's side: bytes in, a step out. Knows neither XML nor base64 nor sockets.
#pragma once
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "accounts/authenticator.h"
#include "accounts/sasl/failure.h"
#include "accounts/sasl/mechanism.h"

namespace chancery::sasl {

/// Longer messages of a client are refused with malformed-request. Unit: bytes, decoded.
inline constexpr std::size_t message_limit_bytes = 4096;

struct Challenge {
    std::string data;
};
struct Success {
    Account account;
    std::string data;  // additional data; empty when there is none
};
/// After Success or Failure the exchange is over.
using Step = std::variant<Challenge, Success, Failure>;

/// What the server offered on this connection: the names as sent, for XEP-0474 and against downgrades.
struct Offer {
    std::vector<std::string> mechanisms;        // all of the SASL profile in use, others' (EXTERNAL) too
    std::vector<std::string> channel_bindings;  // XEP-0440; empty: not advertised
    bool protects_lists = true;                 // XEP-0474: SCRAM carries a hash of both
};

struct Context {
    Authenticator& authenticator;
    Offer offer;
    ChannelBindings bindings;
    std::string address;  // of the client, for the lockout
    std::string from = {};  // the address that the stream header gave; empty: none (XEP-0388 §2.4)
};

class Exchange {
  public:
    virtual ~Exchange() = default;

    /// Takes the initial response. Without one (not an empty one) the step is an empty challenge (RFC 6120
    /// §6.4.2).
    Task<Step> start(std::optional<std::string> initial);
    /// Takes the answer to a challenge.
    Task<Step> respond(std::string message);

  protected:
    virtual Task<Step> receive(std::string message) = 0;

  private:
    bool is_over_ = false;
};

/// The exchange of a mechanism; invalid-mechanism when it was not offered (RFC 6120 §6.5.7).
Result<std::unique_ptr<Exchange>, Failure> begin(std::string_view mechanism, Context context);

}  // namespace chancery::sasl
