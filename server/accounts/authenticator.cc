#include "accounts/authenticator.h"

#include "base/log.h"
#include "xmpp/precis.h"

namespace chancery {

using sasl::Condition;
using sasl::Failure;

namespace {

constexpr std::size_t salt_size = 16;  // as real ones have

Failure wrong() { return {Condition::not_authorized, "The name or the password is wrong."}; }

/// One of a limited number of places, given back when it goes.
class Place {
  public:
    Place(std::atomic<int>& taken, int limit) : taken_(taken), is_free_(taken.fetch_add(1) < limit) {}
    ~Place() { --taken_; }
    Place(const Place&) = delete;
    bool is_free() const { return is_free_; }

  private:
    std::atomic<int>& taken_;
    bool is_free_;
};

}  // namespace

Result<Authenticator::Claim, Failure> Authenticator::claim(std::string_view name, Hash hash,
                                                           std::string_view address) {
    auto claim = claim_of(name, hash);
    if (auto failure = locked_out(claim.name_, address)) return refusal(std::move(*failure));
    return claim;
}

Result<Authenticator::Verified, Failure> Authenticator::verify(const Claim& claim,
                                                               std::string_view auth_message,
                                                               std::string_view proof,
                                                               std::string_view address) {
    const bool is_right = is_right_proof(claim.hash_, claim.keys_, auth_message, proof);
    auto account = conclude(claim, is_right, address);
    if (!account) return refusal(std::move(account.error()));
    return Verified{std::move(*account), server_signature(claim.hash_, claim.keys_, auth_message)};
}

Task<Result<Account, Failure>> Authenticator::check_password(std::string name, Secret password,
                                                             std::string address) {
    const auto claim = claim_of(name, std::nullopt);
    if (auto failure = locked_out(claim.name_, address)) co_return refusal(std::move(*failure));
    const Place place(password_checks_, concurrent_password_checks);
    if (!place.is_free())
        co_return refusal(Failure{Condition::temporary_auth_failure, "Too many people sign in now."});

    // A password that cannot be one takes the same time, and equals none that was prepared.
    auto prepared = precis::opaque_string(password.reveal());
    auto typed = prepared ? Secret(std::move(*prepared)) : std::move(password);
    auto derive = [typed = std::move(typed), hash = claim.hash_, salt = claim.salt(),
                   count = claim.iterations()] {
        return derive_scram_keys(hash, typed.reveal(), salt, count);
    };
    const auto keys = co_await workers_.run(std::move(derive));
    co_return conclude(claim, constant_time_equal(keys.stored_key, claim.keys_.stored_key), address);
}

Task<Result<Authenticator::Verified, Failure>> Authenticator::check_token(Devices& devices, TokenClaim shown) {
    const auto jid = Jid::of(shown.name, domain());
    Claim claim;
    claim.name_ = jid ? std::string(jid->local()) : shown.name;
    claim.is_real_ = jid && accounts_.is_user(claim.name_);
    if (auto failure = locked_out(claim.name_, shown.address)) co_return refusal(std::move(*failure));
    const auto checked = co_await devices.check(claim.name_, shown.agent_id, std::move(shown.mechanism),
                                                std::move(shown.hash), std::move(shown.binding), shown.count);
    if (checked.match == Devices::Match::expired)
        co_return refusal(Failure{Condition::credentials_expired, "The token has expired. Sign in with the password."});
    auto account = conclude(claim, checked.match == Devices::Match::right, shown.address);
    if (!account) co_return refusal(std::move(account.error()));
    if (checked.is_newer) co_await devices.promote(claim.name_, shown.agent_id);
    co_return Verified{std::move(*account), checked.answer};
}

/// The real keys of the name under the hash, or made-up ones. Without a hash: under the first that the
/// account has.
Authenticator::Claim Authenticator::claim_of(std::string_view typed_name, std::optional<Hash> hash) const {
    const auto jid = Jid::of(typed_name, domain());
    Claim claim;
    claim.name_ = jid && !typed_name.empty() ? jid->local() : typed_name;
    claim.hash_ = hash.value_or(accounts_.options().hashes.front());
    claim.keys_ = made_up_keys(claim.name_, claim.hash_);
    if (!jid) return claim;
    const auto credentials = accounts_.credentials(claim.name_);
    if (!credentials) return claim;
    for (const Hash candidate : accounts_.options().hashes) {
        const auto* keys = hash.value_or(candidate) == candidate ? credentials->find(candidate) : nullptr;
        if (!keys) continue;
        claim.hash_ = candidate;
        claim.keys_ = *keys;
        claim.is_real_ = true;
        break;
    }
    return claim;
}

ScramKeys Authenticator::made_up_keys(std::string_view name, Hash hash) const {
    const auto make = [&](const char* what) {
        return hmac(hash, secret_.reveal(), std::string(what) + " " + std::string(name));
    };
    return {make("salt").substr(0, salt_size), accounts_.options().iterations, make("stored key"),
            make("server key")};
}

std::optional<Failure> Authenticator::locked_out(std::string_view name, std::string_view address) {
    const auto pause = lockout_.pause(name, address);
    if (!pause) return std::nullopt;
    const auto seconds = std::chrono::ceil<std::chrono::seconds>(*pause).count();
    return Failure{Condition::temporary_auth_failure,
                   "Too many wrong passwords. Try again in " + std::to_string(seconds) + " seconds."};
}

Result<Account, Failure> Authenticator::conclude(const Claim& claim, bool is_proved,
                                                 std::string_view address) {
    // Again: attempts that began together must not all count as the first.
    if (auto failure = locked_out(claim.name_, address)) return refusal(std::move(*failure));
    const auto info = accounts_.find(claim.name_);
    if (!is_proved || !claim.is_real_ || !info) {
        lockout_.failed(claim.name_, address);
        log::info("sign_in.refused", {{"address", address}});  // without the name: some type a password there
        return refusal(wrong());
    }
    // Beyond this point the password is known to be right.
    lockout_.succeeded(claim.name_, address);
    if (info->disabled_reason) {
        log::info("sign_in.disabled", {{"name", info->name}, {"address", address}});
        return refusal(
            Failure{Condition::account_disabled, "This account is disabled. " + *info->disabled_reason});
    }
    accounts_.note_logon(info->name);
    return Account(*Jid::of(info->name, domain()), info->roles);
}

}  // namespace chancery
