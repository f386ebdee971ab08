#include "accounts/sasl/ht.h"

namespace chancery::sasl {
namespace {

constexpr std::string_view exporter = "HT-SHA-256-EXPR", end_point = "HT-SHA-256-ENDP", unbound_name = "HT-SHA-256-NONE";

}  // namespace

std::vector<std::string> token_mechanisms(const ChannelBindings& bindings, bool unbound) {
    std::vector<std::string> names;
    if (!bindings.tls_exporter.empty()) names.emplace_back(exporter);
    if (!bindings.tls_server_end_point.empty()) names.emplace_back(end_point);
    if (unbound) names.emplace_back(unbound_name);
    return names;
}

std::optional<std::string_view> token_binding(std::string_view mechanism, const ChannelBindings& bindings) {
    if (mechanism == unbound_name) return std::string_view();
    const auto data = mechanism == exporter    ? std::string_view(bindings.tls_exporter)
                      : mechanism == end_point ? std::string_view(bindings.tls_server_end_point)
                                               : std::string_view();
    if (data.empty()) return std::nullopt;
    return data;
}

// message = authcid NUL initiator-hashed-token
Task<Step> Ht::receive(std::string message) {
    constexpr std::size_t hash_size = 32;
    const auto end = message.find('\0');
    const auto binding = token_binding(mechanism_, context_.bindings);
    if (!binding || end == 0 || end == std::string::npos || message.size() - end - 1 != hash_size)
        co_return Failure{Condition::malformed_request, "Not a message of this mechanism."};
    Authenticator::TokenClaim claim{.name = message.substr(0, end),
                                    .agent_id = agent_id_,
                                    .mechanism = mechanism_,
                                    .hash = message.substr(end + 1),
                                    .binding = std::string(*binding),
                                    .address = context_.address,
                                    .count = count_};
    auto verified = co_await context_.authenticator.check_token(devices_, std::move(claim));
    if (!verified) co_return std::move(verified.error());
    co_return Success{std::move(verified->account), std::move(verified->server_signature)};
}

}  // namespace chancery::sasl
