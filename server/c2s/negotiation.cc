#include "c2s/negotiation.h"

#include "accounts/sasl/exchange.h"
#include "base/bytes.h"
#include "xml/namespaces.h"
#include "xmpp/namespaces.h"

namespace chancery::c2s {
namespace {

constexpr xml::Tag starttls_tag{"starttls", ns::tls};
constexpr xml::Tag auth_tag{"auth", ns::sasl}, response_tag{"response", ns::sasl}, abort_tag{"abort", ns::sasl};
constexpr xml::Tag enable_tag{"enable", "urn:xmpp:sm:3"}, resume_tag{"resume", "urn:xmpp:sm:3"};
constexpr int attempts = 5;  // RFC 6120 §6.4.5: between 2 and 5

std::chrono::milliseconds login_limit(Service& service) {
    return std::chrono::seconds(service.config().limits.login_seconds);
}

/// XEP-0198 §3: what comes before its time is refused, and the stream goes on.
bool refuse_early_management(XmlStream& stream) {
    const bool early = stream.root().is(enable_tag) || stream.root().is(resume_tag);
    if (early)
        stream.write("<failed xmlns='urn:xmpp:sm:3'><unexpected-request xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></failed>");
    return early;
}

/// RFC 6120 §4.9.3.12, §4.9.3.25: what may be said before authentication.
[[noreturn]] void refuse_element(xml::View element) {
    const bool is_stanza = element.ns() == ns::client &&
                           (element.name() == "message" || element.name() == "presence" || element.name() == "iq");
    if (is_stanza) throw StreamError{"not-authorized", "Sign in first."};
    throw StreamError{"unsupported-stanza-type"};
}

Task<> start_tls(Service& service, TcpStream& stream) {
    const auto limit = login_limit(service);
    co_await accept_header(service, stream, limit);
    stream.write("<stream:features><starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'><required/></starttls></stream:features>");
    while (true) {
        if (co_await stream.next(limit) == xml::Event::footer) throw StreamEnded();
        if (stream.root().is(starttls_tag)) break;
        if (refuse_early_management(stream)) continue;
        if (stream.root().is(auth_tag)) {
            stream.write("<failure xmlns='urn:ietf:params:xml:ns:xmpp-sasl'><encryption-required/></failure>");
            continue;
        }
        refuse_element(stream.root());
    }
    stream.restart();
    const auto left_over = stream.scanner().buffered();
    stream.scanner().discard();
    stream.write("<proceed xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>");
    co_await stream.connection().start_tls(service.parts().tls.get(), stream.left(limit), left_over);
}

std::string sasl_features(const std::vector<sasl::Mechanism>& offered, const sasl::ChannelBindings& bindings) {
    std::string xml = "<stream:features><mechanisms xmlns='urn:ietf:params:xml:ns:xmpp-sasl'>";
    for (auto mechanism : offered) xml.append("<mechanism>").append(sasl::name(mechanism)).append("</mechanism>");
    xml += "</mechanisms>";
    if (const auto types = bindings.types(); !types.empty()) {  // XEP-0440
        xml += "<sasl-channel-binding xmlns='urn:xmpp:sasl-cb:0'>";
        for (auto type : types) xml.append("<channel-binding type='").append(type).append("'/>");
        xml += "</sasl-channel-binding>";
    }
    return xml + "</stream:features>";
}

std::string failure_xml(const sasl::Failure& failure) {
    std::string xml = "<failure xmlns='urn:ietf:params:xml:ns:xmpp-sasl'><";
    xml.append(sasl::name(failure.condition)).append("/>");
    if (!failure.text.empty()) {
        xml += "<text xml:lang='en'>";
        xml::append_escaped(xml, failure.text);
        xml += "</text>";
    }
    return xml + "</failure>";
}

/// What the client says in base64; '=' stands for nothing at all (RFC 6120 §6.4.2).
Result<std::optional<std::string>, sasl::Failure> decode(std::string_view text) {
    if (text.empty()) return std::nullopt;
    if (text == "=") return std::string();
    auto bytes = from_base64(text);
    if (!bytes) return std::unexpected(sasl::Failure{sasl::Condition::incorrect_encoding, {}});
    return std::move(*bytes);
}

/// One exchange from <auth/> to its end.
Task<Result<Account, sasl::Failure>> run_exchange(Service& service, XmlStream& stream, sasl::Context context) {
    const auto initial = decode(stream.root().text());
    auto exchange = sasl::begin(stream.root().attribute("mechanism"), std::move(context));
    if (!exchange) co_return std::unexpected(exchange.error());
    if (!initial) co_return std::unexpected(initial.error());
    stream.keep();
    auto first = *initial;
    auto step = co_await (*exchange)->start(std::move(first));
    while (true) {
        if (auto* failure = std::get_if<sasl::Failure>(&step)) co_return std::unexpected(std::move(*failure));
        if (auto* success = std::get_if<sasl::Success>(&step)) {
            stream.write("<success xmlns='urn:ietf:params:xml:ns:xmpp-sasl'>" + to_base64(success->data) + "</success>");
            co_return std::move(success->account);
        }
        stream.write("<challenge xmlns='urn:ietf:params:xml:ns:xmpp-sasl'>" +
                     to_base64(std::get<sasl::Challenge>(step).data) + "</challenge>");
        if (co_await stream.next(login_limit(service)) == xml::Event::footer) throw StreamEnded();
        if (stream.root().is(abort_tag)) co_return std::unexpected(sasl::Failure{sasl::Condition::aborted, {}});
        if (!stream.root().is(response_tag)) refuse_element(stream.root());
        const auto response = decode(stream.root().text());
        if (!response) co_return std::unexpected(response.error());
        stream.keep();
        auto message = response->value_or(std::string());
        step = co_await (*exchange)->respond(std::move(message));
    }
}

Task<Account> sign_in(Service& service, XmlStream& stream) {
    const auto limit = login_limit(service);
    co_await accept_header(service, stream, limit);
    const auto bindings = stream.bindings();
    const auto offered = sasl::mechanisms(service.parts().sasl, bindings);
    sasl::Offer offer;
    for (auto mechanism : offered) offer.mechanisms.emplace_back(sasl::name(mechanism));
    for (auto type : bindings.types()) offer.channel_bindings.emplace_back(type);
    stream.write(sasl_features(offered, bindings));

    for (int attempt = 0; attempt < attempts;) {
        if (co_await stream.next(limit) == xml::Event::footer) throw StreamEnded();
        if (refuse_early_management(stream)) {
            ++attempt;
            continue;
        }
        if (!stream.root().is(auth_tag)) refuse_element(stream.root());
        sasl::Context context{service.parts().authenticator, offer, bindings, stream.peer().host()};
        auto account = co_await run_exchange(service, stream, std::move(context));
        if (account) co_return std::move(*account);
        stream.write(failure_xml(account.error()));
        ++attempt;
    }
    throw StreamError{"policy-violation", "Too many failed attempts to sign in."};
}

}  // namespace

Task<> accept_header(Service& service, XmlStream& stream, std::chrono::milliseconds limit, std::string to) {
    const auto event = co_await stream.next(limit);
    if (event != xml::Event::header) throw StreamEnded();
    const auto header = stream.root();
    const auto& domain = service.host().domain();
    std::string from(header.attribute("from"));
    stream.open(domain, to.empty() ? from : to);
    // The header's own default namespace is that of the stanzas (RFC 6120 §4.8.2).
    if (stream.inherits_namespace() && xml::inner_default(header) != ns::client) throw StreamError{"invalid-namespace"};
    if (!header.has_attribute("to")) throw StreamError{"improper-addressing", "The stream has no 'to'."};
    const auto wanted = Jid::parse(header.attribute("to"));
    if (!wanted || wanted->text() != domain) throw StreamError{"host-unknown", "This server serves " + domain + "."};
    const auto version = header.attribute("version");
    if (!version.starts_with("1.") && !version.starts_with("2.")) throw StreamError{"unsupported-version"};
}

Task<> secure(Service& service, TcpStream& stream, bool direct_tls) {
    const auto limit = stream.left(login_limit(service));
    if (direct_tls) co_await stream.connection().start_tls(service.parts().tls.get(), limit);
    else co_await start_tls(service, stream);
}

Task<Account> authenticate(Service& service, XmlStream& stream) {
    auto account = co_await sign_in(service, stream);
    stream.restart();
    co_return account;
}

}  // namespace chancery::c2s
