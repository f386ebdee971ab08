#include "c2s/sasl2.h"

#include <algorithm>

#include "accounts/sasl/ht.h"
#include "base/bytes.h"

namespace chancery::c2s {
namespace {

constexpr std::string_view profile = "urn:xmpp:sasl:2";

using Begun = Result<std::unique_ptr<sasl::Exchange>, sasl::Failure>;

Begun begin(Service& service, XmlStream& stream, const Offered& offered, const SignInRequest& request) {
    auto context = context_of(service, stream, offered);
    context.from = offered.from;
    if (!request.by_token) return sasl::begin(request.mechanism, std::move(context));
    if (std::ranges::find(offered.token_mechanisms, request.mechanism) == offered.token_mechanisms.end())
        return std::unexpected(sasl::Failure{sasl::Condition::invalid_mechanism, "That mechanism is not offered here for tokens."});
    return std::make_unique<sasl::Ht>(request.mechanism, std::move(context), service.host().devices(), request.agent.id, request.count);
}

std::string token_xml(const Devices::Token& token) {
    return "<token xmlns='urn:xmpp:fast:0' token='" + token.secret + "' expiry='" + to_iso(token.expiry) + "'/>";
}

std::string data_xml(const std::string& data) {
    return data.empty() ? "" : "<additional-data>" + to_base64(data) + "</additional-data>";
}

bool offers_token(const Offered& offered, const std::string& mechanism) {
    return mechanism.empty() || std::ranges::find(offered.token_mechanisms, mechanism) != offered.token_mechanisms.end();
}

Task<Result<SignedIn, sasl::Failure>> authenticate(Service& service, XmlStream& stream, const Offered& offered,
                                                   SignInRequest request) {
    auto exchange = begin(service, stream, offered, request);
    if (!exchange) co_return std::unexpected(exchange.error());
    auto initial = std::exchange(request.initial, std::nullopt);
    auto success = co_await run_exchange(service, stream, **exchange, std::move(initial), profile);
    if (!success) co_return std::unexpected(success.error());

    // A token proves nothing about the password, so that it cannot give the account another one (XEP-0480).
    if (!request.by_token) {
        auto upgraded = co_await upgrade(service, stream, offered, success->account, request.upgrades, success->data);
        if (!upgraded) co_return std::unexpected(upgraded.error());
    }
    std::string results = data_xml(success->data);
    if (!request.agent.id.empty()) {
        Devices::SignIn sign_in{.agent = request.agent,
                                .by_token = request.by_token,
                                .invalidate = request.invalidate,
                                .wanted = request.wanted_token};
        const std::string owner(success->account.name());
        const auto token = co_await service.host().devices().signed_in(owner, std::move(sign_in));
        if (token) results += token_xml(*token);
    }
    auto rest = std::make_unique<SignedIn::Sasl2>(std::move(request), std::move(results));
    co_return SignedIn{std::move(success->account), std::move(rest)};
}

}  // namespace

std::string authentication_feature(const Offered& offered) {
    std::string xml = "<authentication xmlns='urn:xmpp:sasl:2'>";
    for (auto mechanism : offered.mechanisms) xml.append("<mechanism>").append(sasl::name(mechanism)).append("</mechanism>");
    xml += "<inline><bind xmlns='urn:xmpp:bind:0'><inline><feature var='urn:xmpp:carbons:2'/><feature var='urn:xmpp:csi:0'/>"
           "<feature var='urn:xmpp:sm:3'/></inline></bind><sm xmlns='urn:xmpp:sm:3'/>";
    if (!offered.token_mechanisms.empty()) {
        xml += "<fast xmlns='urn:xmpp:fast:0'>";
        for (const auto& mechanism : offered.token_mechanisms) xml.append("<mechanism>").append(mechanism).append("</mechanism>");
        xml += "</fast>";
    }
    xml += "</inline>";
    for (const auto hash : offered.upgrades)
        xml += "<upgrade xmlns='urn:xmpp:sasl:upgrade:0'>" + upgrade_task(hash) + "</upgrade>";
    return xml + "</authentication>";
}

Task<Result<SignedIn, sasl::Failure>> authenticate_by_sasl2(Service& service, XmlStream& stream, const Offered& offered) {
    auto request = SignInRequest::read(stream.root());
    if (!request) co_return std::unexpected(request.error());
    if (!offers_token(offered, request->wanted_token))
        co_return std::unexpected(sasl::Failure{sasl::Condition::malformed_request, "No token is given for that mechanism."});
    stream.keep();
    try {
        co_return co_await authenticate(service, stream, offered, std::move(*request));
    } catch (const storage::StorageError& failure) {
        log::error("sign_in.not_stored", {{"cause", failure.what()}});
    }
    co_return std::unexpected(sasl::Failure{sasl::Condition::temporary_auth_failure, "The server could not do that now. Try again later."});
}

}  // namespace chancery::c2s
