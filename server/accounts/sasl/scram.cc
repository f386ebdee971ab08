#include "accounts/sasl/scram.h"

#include <algorithm>

#include "accounts/sasl/plain.h"
#include "base/bytes.h"
#include "base/log.h"

namespace chancery::sasl {
namespace {

constexpr std::size_t nonce_size_bytes = 24;

Hash hash_of(Mechanism mechanism) {
    switch (mechanism) {
        case Mechanism::scram_sha512_plus:
        case Mechanism::scram_sha512: return Hash::sha512;
        case Mechanism::scram_sha1_plus:
        case Mechanism::scram_sha1: return Hash::sha1;
        default: return Hash::sha256;
    }
}

Failure malformed() { return {Condition::malformed_request, "Not a message of SCRAM."}; }
Failure not_bound(const char* text) { return {Condition::not_authorized, text}; }

}  // namespace

Task<Step> Scram::receive(std::string message) { co_return opened_ ? close(message) : open(message); }

Step Scram::open(std::string_view message) {
    const auto first = parse_client_first(message);
    if (!first) return malformed();
    if (auto failure = check_binding(*first)) return *failure;
    if (auto failure = check_authzid(first->authzid, first->name, context_)) return *failure;
    const auto hash = hash_of(mechanism_);
    auto claim = context_.authenticator.claim(first->name, hash, context_.address);
    if (!claim) return claim.error();

    const auto nonce = first->nonce + to_base64(random_bytes(nonce_size_bytes));
    const auto lists = context_.offer.protects_lists ? list_hash(hash, context_.offer) : "";
    const auto reply = write_server_first(nonce, claim->salt(), claim->iterations(), lists);
    const auto data = first->flag == BindingFlag::bound ? context_.bindings.data(first->binding_type) : "";
    opened_ =
        Opened{std::move(*claim), nonce, first->gs2_header + std::string(data), first->bare + "," + reply};
    return Challenge{reply};
}

// RFC 5802 §6, §5.1 "c" and RFC 5801 §5.
std::optional<Failure> Scram::check_binding(const ClientFirst& first) const {
    const auto ends_in_plus = [](const std::string& name) { return name.ends_with("-PLUS"); };
    switch (first.flag) {
        case BindingFlag::none:
            if (is_plus(mechanism_)) return malformed();
            return std::nullopt;
        case BindingFlag::not_offered:
            if (is_plus(mechanism_)) return malformed();
            if (std::ranges::none_of(context_.offer.mechanisms, ends_in_plus)) return std::nullopt;
            log::warning("sign_in.downgrade", {{"address", context_.address}});
            return not_bound(
                "Channel binding is offered here, but did not reach you: somebody may sit in between.");
        case BindingFlag::bound:
            if (!is_plus(mechanism_)) return malformed();
            if (!context_.bindings.data(first.binding_type).empty()) return std::nullopt;
            return not_bound("That channel binding is not available on this connection.");
    }
    std::abort();
}

Step Scram::close(std::string_view message) {
    const auto final = parse_client_final(message);
    if (!final) return malformed();
    if (final->nonce != opened_->nonce) return not_bound("The nonce is another.");
    if (!constant_time_equal(final->binding, opened_->binding)) {
        log::warning("sign_in.binding_differs", {{"address", context_.address}});
        return not_bound("The channel binding differs: somebody may sit in between.");
    }
    const auto auth_message = opened_->first_texts + "," + final->without_proof;
    auto verified =
        context_.authenticator.verify(opened_->claim, auth_message, final->proof, context_.address);
    if (!verified) return verified.error();
    return Success{std::move(verified->account), "v=" + to_base64(verified->server_signature)};
}

}  // namespace chancery::sasl
