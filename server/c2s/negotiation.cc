#include "c2s/negotiation.h"

#include "xml/namespaces.h"
#include "xmpp/namespaces.h"

namespace chancery::c2s {
namespace {

constexpr xml::Tag starttls_tag{"starttls", ns::tls};
constexpr xml::Tag auth_tag{"auth", ns::sasl}, authenticate_tag{"authenticate", "urn:xmpp:sasl:2"};
constexpr xml::Tag enable_tag{"enable", "urn:xmpp:sm:3"}, resume_tag{"resume", "urn:xmpp:sm:3"};
constexpr int attempts = 5;  // RFC 6120 §6.4.5: between 2 and 5

/// XEP-0198 §3: what comes before its time is refused, and the stream goes on.
bool refuse_early_management(XmlStream& stream) {
    const bool early = stream.root().is(enable_tag) || stream.root().is(resume_tag);
    if (early)
        stream.write("<failed xmlns='urn:xmpp:sm:3'><unexpected-request xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></failed>");
    return early;
}

Task<> start_tls(Service& service, TcpStream& stream) {
    const auto limit = login_limit(service);
    co_await accept_header(service, stream, limit);
    stream.write("<stream:features><starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'><required/></starttls></stream:features>");
    while (true) {
        if (co_await stream.next(limit) == xml::Event::footer) throw StreamEnded();
        if (stream.root().is(starttls_tag)) break;
        if (refuse_early_management(stream)) continue;
        const bool is_auth = stream.root().is(auth_tag);
        if (is_auth || stream.root().is(authenticate_tag)) {
            stream.write(failure_xml({sasl::Condition::encryption_required, {}}, is_auth ? ns::sasl : authenticate_tag.ns));
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
    const auto sender = Jid::parse(from.empty() ? domain : from);
    if (!wanted || wanted->text() != domain) throw StreamError{"host-unknown", "This server serves " + domain + "."};
    if (!sender || sender->domain() != domain) throw StreamError{"invalid-from"};  // RFC 6120 §4.9.3.9
    const auto version = header.attribute("version");
    if (!version.starts_with("1.") && !version.starts_with("2.")) throw StreamError{"unsupported-version"};
}

Task<> secure(Service& service, TcpStream& stream, bool direct_tls) {
    const auto limit = stream.left(login_limit(service));
    if (direct_tls) co_await stream.connection().start_tls(service.parts().tls.get(), limit);
    else co_await start_tls(service, stream);
}

Task<SignedIn> authenticate(Service& service, XmlStream& stream) {
    const auto limit = login_limit(service);
    co_await accept_header(service, stream, limit);
    const auto offered = offer_of(service, stream);
    stream.forget_bindings();  // the offer has them
    stream.write(sign_in_features(offered));

    for (int attempt = 0; attempt < attempts; ++attempt) {
        if (co_await stream.next(limit) == xml::Event::footer) throw StreamEnded();
        if (refuse_early_management(stream)) continue;
        if (stream.root().is(auth_tag)) {
            auto account = co_await authenticate_by_auth(service, stream, offered);
            if (account) {
                stream.restart();
                co_return SignedIn{std::move(*account), nullptr};
            }
            stream.write(failure_xml(account.error(), ns::sasl));
        } else if (stream.root().is(authenticate_tag)) {
            auto signed_in = co_await authenticate_by_sasl2(service, stream, offered);
            if (signed_in) co_return std::move(*signed_in);
            stream.write(failure_xml(signed_in.error(), authenticate_tag.ns));
        } else {
            refuse_element(stream.root());
        }
    }
    throw StreamError{"policy-violation", "Too many failed attempts to sign in."};
}

}  // namespace chancery::c2s
