#include "s2s/calling.h"

#include "base/bytes.h"
#include "s2s/proof.h"
#include "s2s/resolver.h"
#include "s2s/stanza_namespace.h"
#include "xml/namespaces.h"
#include "xmpp/namespaces.h"
#include "xmpp/precis.h"

namespace chancery::s2s {
namespace {

using namespace std::chrono_literals;

constexpr auto connect_limit = 10s, negotiation_limit = 30s;
constexpr xml::Tag features_tag{"features", ns::stream}, error_tag{"error", ns::stream};
constexpr xml::Tag starttls_tag{"starttls", ns::tls}, proceed_tag{"proceed", ns::tls};
constexpr xml::Tag mechanisms_tag{"mechanisms", ns::sasl}, mechanism_tag{"mechanism", ns::sasl};
constexpr xml::Tag success_tag{"success", ns::sasl};
constexpr xml::Tag management_tag{"sm", "urn:xmpp:sm:3"}, bidi_tag{"bidi", "urn:xmpp:features:bidi"};
constexpr xml::Tag dialback_tag{"dialback", "urn:xmpp:features:dialback"};
constexpr xml::Tag result_tag{"result", dialback_ns}, verify_tag{"verify", dialback_ns};

/// What the peer offers after a header.
struct Offer {
    std::string id;
    bool starttls = false, external = false, dialback = false, bidi = false, management = false;
};

std::string first_name(xml::View element) { return std::string(element.first_child().name()); }

Task<xml::View> next_element(Stream& stream) {
    const auto element = co_await stream.element(negotiation_limit);
    if (element.is(error_tag)) throw PeerRefused("the peer ended the stream: " + first_name(element));
    co_return element;
}

Offer offer_of(xml::View features) {
    Offer offer;
    for (auto mechanism : features.child(mechanisms_tag).children(mechanism_tag))
        if (mechanism.text() == "EXTERNAL") offer.external = true;
    offer.starttls = static_cast<bool>(features.child(starttls_tag));
    offer.dialback = static_cast<bool>(features.child(dialback_tag));
    offer.bidi = static_cast<bool>(features.child(bidi_tag));
    offer.management = static_cast<bool>(features.child(management_tag));
    return offer;
}

/// Sends our header and reads theirs, with what they offer.
Task<Offer> greet(Stream& stream, const Pair& pair) {
    stream.open(pair.ours, pair.theirs);
    if (co_await stream.next(negotiation_limit) != xml::Event::header) throw PeerRefused("the peer sent no stream header");
    if (xml::inner_default(stream.root()) != ns_server) throw PeerRefused("the peer's stream is not one of a server");
    std::string id(stream.root().attribute("id"));
    const auto features = co_await next_element(stream);
    if (!features.is(features_tag)) throw PeerRefused("the peer sent no stream features");
    auto offer = offer_of(features);
    offer.id = std::move(id);
    co_return offer;
}

/// A stream inside TLS, before the header.
Task<std::unique_ptr<Stream>> reach(Service& service, Pair pair, Endpoint endpoint) {
    auto connection = co_await net::connect(endpoint.address, connect_limit);
    auto stream = std::make_unique<Stream>(std::move(connection), xml::limits_before_sign_in);
    stream->set_deadline(net::Shard::current().after(negotiation_limit));
    const auto name = precis::ascii_domain(pair.theirs).value_or(pair.theirs);
    auto context = service.tls().client(endpoint.direct_tls);
    std::size_t left_over = 0;
    if (!endpoint.direct_tls) {
        const auto offer = co_await greet(*stream, pair);
        if (!offer.starttls) throw PeerRefused("the peer offers no TLS");
        stream->write("<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>");
        const auto answer = co_await next_element(*stream);
        if (!answer.is(proceed_tag)) throw PeerRefused("the peer does not begin TLS");
        left_over = stream->restart_for_tls();
    }
    co_await stream->connection().start_tls_client(std::move(context), name, stream->left(negotiation_limit), left_over);
    co_return stream;
}

/// XEP-0178 §4. False: refused, and the stream goes on.
Task<bool> authenticate(Stream& stream, const Pair& pair) {
    stream.write("<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='EXTERNAL'>" + to_base64(pair.ours) + "</auth>");
    const auto answer = co_await next_element(stream);
    co_return answer.is(success_tag);
}

/// XEP-0220 §2.1.
Task<> show_key(Service& service, Stream& stream, const Pair& pair, const std::string& id) {
    std::string request = "<db:result xmlns:db='jabber:server:dialback'";
    xml::append_attribute(request, "from", pair.ours);
    xml::append_attribute(request, "to", pair.theirs);
    stream.write(request + ">" + service.keys().of(pair.theirs, pair.ours, id) + "</db:result>");
    const auto answer = co_await next_element(stream);
    const bool is_answer = answer.is(result_tag) && answer.attribute("from") == pair.theirs && answer.attribute("to") == pair.ours;
    if (!is_answer || answer.attribute("type") != "valid") throw PeerRefused("the peer does not accept our dialback key");
}

Task<Call> negotiate(Service& service, Pair pair, Endpoint endpoint) {
    auto stream = co_await reach(service, pair, endpoint);
    const bool by_dns = service.partners().trusts_dns(pair.theirs);
    auto proving = prove_called(service, stream->connection().tls().peer, pair.theirs, endpoint);
    const auto proven = co_await std::move(proving);
    if (!proven && (!by_dns || proven.error().is_final)) throw PeerRefused(proven.error().whole());

    const auto offer = co_await greet(*stream, pair);
    Agreement agreement{.pair = pair, .we_called = true, .both_ways = offer.bidi, .peer_acknowledges = false,
                        .proof = proven.value_or(Proof::dialback)};
    if (offer.bidi) stream->write("<bidi xmlns='urn:xmpp:bidi'/>");
    bool known = false;
    if (offer.external) known = co_await authenticate(*stream, pair);
    if (known) {
        stream->restart();
        const auto more = co_await greet(*stream, pair);
        agreement.peer_acknowledges = more.management;
    } else {
        if (!by_dns || !offer.dialback)
            throw PeerRefused(offer.external ? "the peer does not accept our certificate" : "the peer does not ask for our certificate");
        co_await show_key(service, *stream, pair, offer.id);
    }
    stream->set_deadline(std::nullopt);
    co_return Call{std::move(stream), std::move(agreement)};
}

Task<Resolution> endpoints_of(Service& service, std::string domain) {
    if (const auto fixed = service.partners().endpoint_of(domain)) co_return Resolution{.endpoints = {*fixed}, .failure = {}};
    const auto dnssec = service.settings().dane ? Dnssec::trusted : Dnssec::ignored;
    const auto ask = [domain, server = service.settings().resolver, dnssec] { return resolve(domain, server, dnssec); };
    co_return co_await service.resolvers().run(ask);
}

/// Does `attempt` at each address until one ends well; what went wrong at the last, if none does.
template <class Result>
Task<std::optional<Result>> at_any(std::vector<Endpoint> endpoints, std::string& failure, std::move_only_function<Task<Result>(Endpoint)> attempt) {
    for (const auto& endpoint : endpoints) {
        try {
            auto attempted = attempt(endpoint);
            co_return co_await std::move(attempted);
        } catch (const StreamError& error) {
            failure = "the peer's XML: " + std::string(error.condition);
        } catch (const StreamEnded&) {
            failure = "the peer closed the connection";
        } catch (const net::Timeout&) {
            failure = "no answer in time";
        } catch (const net::ConnectionLost& lost) {
            failure = lost.what();
        } catch (const net::SocketError& error) {
            failure = error.what();
        } catch (const PeerRefused& refused) {
            failure = refused.what();
        }
        log::debug("s2s.attempt_failed", {{"address", endpoint.address}, {"cause", failure}});
    }
    co_return std::nullopt;
}

Task<bool> ask_about_key(Service& service, Pair pair, Endpoint endpoint, std::string id, std::string key) {
    auto stream = co_await reach(service, pair, endpoint);
    auto proving = prove_called(service, stream->connection().tls().peer, pair.theirs, endpoint);
    const auto proven = co_await std::move(proving);
    if (!proven && proven.error().is_final) throw PeerRefused(proven.error().whole());
    (void)co_await greet(*stream, pair);
    std::string question = "<db:verify xmlns:db='jabber:server:dialback'";
    xml::append_attribute(question, "from", pair.ours);
    xml::append_attribute(question, "to", pair.theirs);
    xml::append_attribute(question, "id", id);
    stream->write(question + ">" + xml::escape(key) + "</db:verify>");
    const auto answer = co_await next_element(*stream);
    const bool good = answer.is(verify_tag) && answer.attribute("type") == "valid" && answer.attribute("id") == id &&
                      answer.attribute("from") == pair.theirs;
    co_await stream->end(pair.ours, std::nullopt);
    co_return good;
}

}  // namespace

Task<Call> call(Service& service, Pair pair) {
    auto found = co_await endpoints_of(service, pair.theirs);
    if (found.endpoints.empty()) throw Unreachable(found.failure, found.is_final);
    std::string failure;
    auto attempted = at_any<Call>(std::move(found.endpoints), failure,
                                  [&service, pair](Endpoint endpoint) { return negotiate(service, pair, std::move(endpoint)); });
    auto made = co_await std::move(attempted);
    if (!made) throw Unreachable(failure, false);
    co_return std::move(*made);
}

Task<bool> is_key_of(Service& service, Pair pair, std::string id, std::string key) {
    auto found = co_await endpoints_of(service, pair.theirs);
    std::string failure;
    auto attempted = at_any<bool>(std::move(found.endpoints), failure, [&service, pair, id, key](Endpoint endpoint) {
        return ask_about_key(service, pair, std::move(endpoint), id, key);
    });
    const auto good = co_await std::move(attempted);
    co_return good.value_or(false);
}

}  // namespace chancery::s2s
