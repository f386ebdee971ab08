#include "c2s/sasl.h"

#include "accounts/sasl/ht.h"
#include "base/bytes.h"
#include "c2s/sasl2.h"
#include "xmpp/namespaces.h"

namespace chancery::c2s {

std::chrono::milliseconds login_limit(Service& service) {
    return std::chrono::seconds(service.config().limits.login_seconds);
}

Offered offer_of(Service& service, XmlStream& stream) {
    const auto& config = service.config();
    Offered offered{.mechanisms = {},
                    .bindings = stream.bindings(),
                    .token_mechanisms = {},
                    .upgrades = service.host().accounts().options().hashes,
                    .from = std::string(stream.root().attribute("from"))};
    offered.mechanisms = sasl::mechanisms(service.parts().sasl, offered.bindings);
    if (service.host().devices().gives_tokens())
        offered.token_mechanisms = sasl::token_mechanisms(offered.bindings, config.sasl.token_unbound);
    return offered;
}

std::string sign_in_features(const Offered& offered) {
    std::string xml = "<stream:features><mechanisms xmlns='urn:ietf:params:xml:ns:xmpp-sasl'>";
    for (auto mechanism : offered.mechanisms) xml.append("<mechanism>").append(sasl::name(mechanism)).append("</mechanism>");
    xml += "</mechanisms>" + authentication_feature(offered);
    if (const auto types = offered.bindings.types(); !types.empty()) {  // XEP-0440
        xml += "<sasl-channel-binding xmlns='urn:xmpp:sasl-cb:0'>";
        for (auto type : types) xml.append("<channel-binding type='").append(type).append("'/>");
        xml += "</sasl-channel-binding>";
    }
    return xml + "</stream:features>";
}

sasl::Context context_of(Service& service, XmlStream& stream, const Offered& offered) {
    sasl::Offer offer;
    for (auto mechanism : offered.mechanisms) offer.mechanisms.emplace_back(sasl::name(mechanism));
    for (auto type : offered.bindings.types()) offer.channel_bindings.emplace_back(type);
    return {service.parts().authenticator, std::move(offer), offered.bindings, stream.peer().host()};
}

std::string failure_xml(const sasl::Failure& failure, std::string_view profile) {
    std::string xml = "<failure xmlns='" + std::string(profile) + "'><";
    xml.append(sasl::name(failure.condition));
    if (profile != ns::sasl) xml.append(" xmlns='").append(ns::sasl).append("'");
    xml += "/>";
    if (!failure.text.empty()) {
        xml += "<text xml:lang='en'>";
        xml::append_escaped(xml, failure.text);
        xml += "</text>";
    }
    return xml + "</failure>";
}

void refuse_element(xml::View element) {
    const bool is_stanza = element.ns() == ns::client &&
                           (element.name() == "message" || element.name() == "presence" || element.name() == "iq");
    if (is_stanza) throw StreamError{"not-authorized", "Sign in first."};
    throw StreamError{"unsupported-stanza-type"};
}

Result<std::string, sasl::Failure> decode(std::string_view text) {
    auto bytes = from_base64(text);
    if (!bytes) return std::unexpected(sasl::Failure{sasl::Condition::incorrect_encoding, {}});
    return std::move(*bytes);
}

Task<Result<sasl::Success, sasl::Failure>> run_exchange(Service& service, XmlStream& stream, sasl::Exchange& exchange,
                                                        std::optional<std::string> initial, std::string_view profile) {
    stream.keep();
    auto step = co_await exchange.start(std::move(initial));
    while (true) {
        if (auto* failure = std::get_if<sasl::Failure>(&step)) co_return std::unexpected(std::move(*failure));
        if (auto* success = std::get_if<sasl::Success>(&step)) co_return std::move(*success);
        stream.write("<challenge xmlns='" + std::string(profile) + "'>" + to_base64(std::get<sasl::Challenge>(step).data) +
                     "</challenge>");
        if (co_await stream.next(login_limit(service)) == xml::Event::footer) throw StreamEnded();
        if (stream.root().is({"abort", profile})) co_return std::unexpected(sasl::Failure{sasl::Condition::aborted, {}});
        if (!stream.root().is({"response", profile})) refuse_element(stream.root());
        const auto text = stream.root().text();
        auto response = text == "=" && profile == ns::sasl ? std::string() : decode(text);
        if (!response) co_return std::unexpected(response.error());
        stream.keep();
        step = co_await exchange.respond(std::move(*response));
    }
}

Task<Result<Account, sasl::Failure>> authenticate_by_auth(Service& service, XmlStream& stream, const Offered& offered) {
    const auto auth = stream.root();
    const auto text = auth.text();
    auto exchange = sasl::begin(auth.attribute("mechanism"), context_of(service, stream, offered));
    if (!exchange) co_return std::unexpected(exchange.error());
    std::optional<std::string> initial;  // '=' stands for an empty one, nothing for none (RFC 6120 §6.4.2)
    if (text == "=") initial.emplace();
    else if (!text.empty()) {
        auto decoded = decode(text);
        if (!decoded) co_return std::unexpected(decoded.error());
        initial = std::move(*decoded);
    }
    auto success = co_await run_exchange(service, stream, **exchange, std::move(initial), ns::sasl);
    if (!success) co_return std::unexpected(success.error());
    stream.write("<success xmlns='urn:ietf:params:xml:ns:xmpp-sasl'>" + to_base64(success->data) + "</success>");
    co_return std::move(success->account);
}

}  // namespace chancery::c2s
