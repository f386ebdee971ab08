#include "s2s/answering.h"

#include "base/bytes.h"
#include "base/crypto.h"
#include "s2s/calling.h"
#include "s2s/proof.h"
#include "s2s/stanza_namespace.h"
#include "xml/namespaces.h"
#include "xmpp/namespaces.h"

namespace chancery::s2s {
namespace {

using namespace std::chrono_literals;

constexpr auto step_limit = 30s;
constexpr int most_steps = 10;  // elements before the stream is agreed
constexpr xml::Tag starttls_tag{"starttls", ns::tls}, auth_tag{"auth", ns::sasl}, abort_tag{"abort", ns::sasl};
constexpr xml::Tag bidi_tag{"bidi", "urn:xmpp:bidi"}, error_tag{"error", ns::stream};
constexpr xml::Tag result_tag{"result", dialback_ns}, verify_tag{"verify", dialback_ns};

/// What a stream header says, once it is known to be good.
struct Header {
    Pair pair;
    std::string id;
};

/// Reads a header and answers it. Inside TLS the peer must say who it is.
Task<Header> accept_header(Service& service, Stream& stream, bool inside_tls) {
    if (co_await stream.next(step_limit) != xml::Event::header) throw StreamEnded();
    const auto root = stream.root();
    auto& host = service.host();
    const auto to = Jid::parse(root.attribute("to")), from = Jid::parse(root.attribute("from"));
    const bool is_ours = to && to->is_domain() && host.is_ours(to->domain());
    Header header{.pair = {.ours = is_ours ? to->text() : host.domain(), .theirs = from ? from->text() : std::string()},
                  .id = to_hex(random_bytes(16))};
    stream.open(header.pair.ours, header.pair.theirs, header.id);
    if (xml::inner_default(root) != ns_server) throw StreamError{"invalid-namespace"};
    if (!root.has_attribute("to")) throw StreamError{"improper-addressing", "The stream has no 'to'."};
    if (!is_ours) throw StreamError{"host-unknown", "This server serves " + host.domain() + "."};
    const auto version = root.attribute("version");
    if (!version.starts_with("1.") && !version.starts_with("2.")) throw StreamError{"unsupported-version"};
    const bool says_from = root.has_attribute("from");
    if (!says_from && inside_tls) throw StreamError{"improper-addressing", "The stream has no 'from'."};
    if (!says_from) co_return header;
    if (!from || !from->is_domain() || host.is_ours(from->domain())) throw StreamError{"invalid-from"};
    if (!service.reaches(from->domain()))
        throw StreamError{"policy-violation", "This server does not exchange stanzas with your domain."};
    co_return header;
}

/// RFC 6120 §5: nothing is said before TLS.
Task<> secure(Service& service, Stream& stream, bool direct_tls) {
    auto context = service.tls().server();
    std::size_t left_over = 0;
    if (!direct_tls) {
        (void)co_await accept_header(service, stream, false);
        stream.write("<stream:features><starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'><required/></starttls></stream:features>");
        const auto element = co_await stream.element(step_limit);
        if (!element.is(starttls_tag)) throw StreamError{"policy-violation", "TLS is required."};
        left_over = stream.restart_for_tls();
        stream.write("<proceed xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>");
    }
    co_await stream.connection().start_tls(std::move(context), stream.left(step_limit), left_over);
}

std::string addressed_result(std::string_view name, xml::View request, std::string_view type, std::string_view content = {}) {
    std::string xml = "<db:" + std::string(name) + " xmlns:db='jabber:server:dialback'";
    xml::append_attribute(xml, "from", request.attribute("to"));
    xml::append_attribute(xml, "to", request.attribute("from"));
    if (request.has_attribute("id")) xml::append_attribute(xml, "id", request.attribute("id"));
    xml::append_attribute(xml, "type", type);
    return xml.append(">").append(content).append("</db:").append(name).append(">");
}

std::string refused_result(xml::View request) {
    return addressed_result("result", request, "error",
                            "<error type='cancel'><policy-violation xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error>");
}

/// As the authoritative server (XEP-0220 §2.4): was it us who gave out this key?
std::string verified(Service& service, xml::View request) {
    const auto originating = request.attribute("to"), receiving = request.attribute("from");
    const bool good = service.host().is_ours(originating) && service.partners().trusts_dns(receiving) &&
                      service.keys().is_good(request.text(), receiving, originating, request.attribute("id"));
    return addressed_result("verify", request, good ? "valid" : "invalid");
}

/// XEP-0178 §4: whom the certificate proves, and nobody else.
bool is_authorised(xml::View auth, const Header& header, bool is_proven) {
    if (!is_proven || auth.attribute("mechanism") != "EXTERNAL") return false;
    const auto text = auth.text();
    if (text.empty() || text == "=") return true;
    const auto identity = from_base64(text);
    const auto jid = identity ? Jid::parse(*identity) : std::unexpected(JidError::malformed);
    return jid && jid->text() == header.pair.theirs;
}

/// As the receiving server (XEP-0220 §2.2).
Task<bool> has_good_key(Service& service, Stream& stream, const Header& header, bool is_dns_proof) {
    const auto request = stream.root();
    const bool is_pair = request.attribute("from") == header.pair.theirs && request.attribute("to") == header.pair.ours;
    if (!is_pair || !is_dns_proof) {
        stream.write(refused_result(request));
        co_return false;
    }
    std::string key(request.text());
    const auto yes = addressed_result("result", request, "valid"), no = addressed_result("result", request, "invalid");
    stream.keep();
    auto question = is_key_of(service, header.pair, header.id, std::move(key));
    const bool good = co_await net::within(step_limit, std::move(question));
    stream.write(good ? yes : no);
    co_return good;
}

std::string features(bool offers_external, bool offers_dialback) {
    std::string xml = "<stream:features>";
    if (offers_external) xml += "<mechanisms xmlns='urn:ietf:params:xml:ns:xmpp-sasl'><mechanism>EXTERNAL</mechanism></mechanisms>";
    if (offers_dialback) xml += "<dialback xmlns='urn:xmpp:features:dialback'><errors/></dialback>";
    return xml + "<bidi xmlns='urn:xmpp:features:bidi'/></stream:features>";
}

/// After <success/>: the header once more, which must say the same.
Task<> begin_again(Service& service, Stream& stream, const Header& header) {
    stream.restart();
    const auto again = co_await accept_header(service, stream, true);
    if (again.pair != header.pair) throw StreamError{"invalid-from", "You are known as " + header.pair.theirs + "."};
    stream.write("<stream:features><sm xmlns='urn:xmpp:sm:3'/></stream:features>");
}

}  // namespace

Task<Agreement> admit(Service& service, Stream& stream, bool direct_tls) {
    co_await secure(service, stream, direct_tls);
    const auto header = co_await accept_header(service, stream, true);
    stream.keep();
    auto proving = prove_caller(service, stream.connection().tls().peer, header.pair.theirs);
    const auto proven = co_await net::within(stream.left(step_limit), std::move(proving));
    const bool by_dns = service.partners().trusts_dns(header.pair.theirs) && (proven || !proven.error().is_final);
    if (!proven && !by_dns) {
        service.board().failed(header.pair.theirs, "calls, but " + proven.error().whole(), service.host().now());
        throw StreamError{"not-authorized", "Your domain is not proven: " + proven.error().reason + "."};
    }
    stream.write(features(proven.has_value(), by_dns));
    Agreement agreement{.pair = header.pair, .proof = proven.value_or(Proof::dialback)};
    for (int step = 0; step < most_steps; ++step) {
        const auto element = co_await stream.element(step_limit);
        if (element.is(bidi_tag)) {
            agreement.both_ways = true;
        } else if (element.is(auth_tag)) {
            if (is_authorised(element, header, proven.has_value())) {
                stream.write("<success xmlns='urn:ietf:params:xml:ns:xmpp-sasl'/>");
                co_await begin_again(service, stream, header);
                co_return agreement;
            }
            stream.write("<failure xmlns='urn:ietf:params:xml:ns:xmpp-sasl'><not-authorized/></failure>");
        } else if (element.is(result_tag)) {
            if (co_await has_good_key(service, stream, header, by_dns)) {
                agreement.proof = Proof::dialback;
                co_return agreement;
            }
        } else if (element.is(verify_tag)) {
            stream.write(verified(service, element));
        } else if (element.is(error_tag)) {
            throw StreamEnded();
        } else if (!element.is(abort_tag)) {
            throw StreamError{"not-authorized", "Prove your domain first."};
        }
    }
    throw StreamError{"policy-violation", "Too many attempts to prove your domain."};
}

std::string answer_on_open_stream(Service& service, xml::View element) {
    if (element.is(verify_tag)) return verified(service, element);
    if (element.is(result_tag)) return refused_result(element);
    throw StreamError{"unsupported-stanza-type"};
}

}  // namespace chancery::s2s
