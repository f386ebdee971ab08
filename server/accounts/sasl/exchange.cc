#include "accounts/sasl/exchange.h"

#include <algorithm>

#include "accounts/sasl/plain.h"
#include "accounts/sasl/scram.h"

namespace chancery::sasl {

Task<Step> Exchange::start(std::optional<std::string> initial) {
    if (!initial) co_return Challenge{};
    co_return co_await respond(std::move(*initial));
}

Task<Step> Exchange::respond(std::string message) {
    if (is_over_) co_return Failure{Condition::malformed_request, "The exchange is over."};
    is_over_ = true;  // also if what follows throws
    if (message.size() > message_limit_bytes)
        co_return Failure{Condition::malformed_request, "The message is too long."};
    auto step = co_await receive(std::move(message));
    is_over_ = !std::holds_alternative<Challenge>(step);
    co_return step;
}

Result<std::unique_ptr<Exchange>, Failure> begin(std::string_view mechanism, Context context) {
    const auto known = find_mechanism(mechanism);
    const auto& offered = context.offer.mechanisms;
    if (!known || std::ranges::find(offered, mechanism) == offered.end())
        return refusal(Failure{Condition::invalid_mechanism, "That mechanism is not offered here."});
    if (*known == Mechanism::plain) return std::make_unique<Plain>(std::move(context));
    return std::make_unique<Scram>(*known, std::move(context));
}

std::optional<Failure> check_authzid(std::string_view authzid, std::string_view name, const Context& context) {
    if (authzid.empty()) return std::nullopt;
    const auto wanted = Jid::parse(authzid);
    const auto own = Jid::of(name, context.authenticator.domain());
    const auto from = Jid::parse(context.from.empty() ? authzid : std::string_view(context.from));
    if (wanted && own && *wanted == *own && from && from->bare_text() == own->text()) return std::nullopt;
    return Failure{Condition::invalid_authzid, "Nobody may act for somebody else here."};
}

}  // namespace chancery::sasl
