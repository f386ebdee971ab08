// The client's side of SASL SCRAM (RFC 5802, RFC 7677), with the slow part remembered per account, so that
// the generator's own PBKDF2 is paid once and not in every sign-in that is measured.
#pragma once
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "base/crypto.h"

namespace chancery::load {

/// The keys that PBKDF2 leads to, by account, salt and count.
class ScramCache {
  public:
    struct Keys {
        std::string client, stored, server;
    };
    const Keys& keys(Hash algorithm, std::string_view user, std::string_view password, std::string_view salt,
                     int iterations);

  private:
    std::unordered_map<std::string, Keys> keys_;
};

/// One sign-in: first(), then last(challenge), then is_from_server(success).
class Scram {
  public:
    Scram(ScramCache& cache, Hash algorithm, std::string user, std::string password, std::string nonce);

    std::string first() const { return "n,," + bare_; }
    /// Nothing when the challenge is not one (or its nonce is not ours).
    std::optional<std::string> last(std::string_view challenge);
    bool is_from_server(std::string_view final) const;

  private:
    ScramCache& cache_;
    Hash algorithm_;
    std::string user_, password_, nonce_, bare_, proof_of_server_;
};

}  // namespace chancery::load
