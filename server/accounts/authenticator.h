// The one place where it is decided whether somebody is who they say: SCRAM proofs and passwords in, an
// Account out.
//
// Operation. A name that does not exist gets keys as well, always the same ones, made from a secret of the
// server; they go through the same steps and match nothing. So an answer tells nobody who has an account.
// That an account is disabled is told only to who has proved to own it. One thing shows: keys that were made
// with another count than Accounts::Options has now carry that count.
//
// Concurrency: every thread. Limits: `concurrent_password_checks`; above it, temporary-auth-failure.
#pragma once
#include <atomic>

#include "accounts/account.h"
#include "accounts/accounts.h"
#include "accounts/devices.h"
#include "accounts/lockout.h"
#include "accounts/sasl/failure.h"

namespace chancery {

class Authenticator {
  public:
    static constexpr int concurrent_password_checks = 64;

    /// Somebody's keys, real or made up; nobody but the Authenticator can tell which.
    class Claim {
      public:
        const std::string& salt() const { return keys_.salt; }
        int iterations() const { return keys_.iterations; }

      private:
        friend class Authenticator;
        std::string name_;
        Hash hash_ = Hash::sha256;
        ScramKeys keys_;
        bool is_real_ = false;
    };
    struct Verified {
        Account account;
        std::string server_signature;  // RFC 5802 §3, or the responder's hashed token
    };
    /// What a client shows of a token (draft-schmaus-kitten-sasl-ht §3).
    struct TokenClaim {
        std::string name, agent_id, mechanism;
        std::string hash;     // HMAC(token, "Initiator" || binding)
        std::string binding;  // of the channel; empty for a mechanism without
        std::string address;
        std::optional<std::int64_t> count;  // XEP-0484 §3.4: of this attempt
    };

    Authenticator(Accounts& accounts, Workers& workers, Lockout& lockout, const Key& server_secret)
        : accounts_(accounts), workers_(workers), lockout_(lockout), secret_(server_secret) {}

    const std::string& domain() const { return accounts_.domain(); }

    /// The keys of the name that the client gave, or made-up ones. Refused with temporary-auth-failure while
    /// the name is locked out from this address.
    Result<Claim, sasl::Failure> claim(std::string_view name, Hash hash, std::string_view address);

    /// Whether the proof (RFC 5802 §3 ClientProof) is right for the AuthMessage.
    Result<Verified, sasl::Failure> verify(const Claim& claim, std::string_view auth_message,
                                           std::string_view proof, std::string_view address);

    /// Whether the password is right. Derives keys on a worker: milliseconds, and the same for every name.
    Task<Result<Account, sasl::Failure>> check_password(std::string name, Secret password,
                                                        std::string address);

    /// Whether the client has a token of that device. credentials-expired when it was one.
    Task<Result<Verified, sasl::Failure>> check_token(Devices& devices, TokenClaim shown);

  private:
    Claim claim_of(std::string_view typed_name, std::optional<Hash> hash) const;
    ScramKeys made_up_keys(std::string_view name, Hash hash) const;
    std::optional<sasl::Failure> locked_out(std::string_view name, std::string_view address);
    Result<Account, sasl::Failure> conclude(const Claim& claim, bool is_proved, std::string_view address);

    Accounts& accounts_;
    Workers& workers_;
    Lockout& lockout_;
    const Key secret_;
    std::atomic<int> password_checks_ = 0;
};

}  // namespace chancery
