// XEP-0356 0.4.1: what a component does in the name of the server or of somebody here, as far as the administrator lets it. What
// it is told without asking is in watching.h.
//
// Each is on record as what it is, the component's, before it is done, and so is one that is refused; a message then goes the road of
// any message.

#include "base/bytes.h"
#include "base/crypto.h"
#include "components/component.h"
#include "components/service.h"
#include "xml/parse.h"

namespace chancery::components {
namespace {

constexpr std::string_view ns_forward = "urn:xmpp:forward:0";
constexpr xml::Tag privilege_tag{"privilege", ns_privilege}, forwarded_tag{"forwarded", ns_forward}, privileged_tag{"privileged_iq", ns_privilege};

StanzaError forbidden() { return {Condition::forbidden, "The administrator of this server does not let you do that."}; }

/// A request that is made in somebody's name.
struct Inner {
    Jid to;
    std::string id;
    xml::Element payload;
};

/// §6.3: nothing when one of the conditions does not hold.
std::optional<Inner> inner_of(const StanzaIn& outer, const Rights& rights) {
    const auto* iq = outer.payload->child({"iq", ns::client});
    if (!iq || iq->attribute("type") != outer.type || iq->children().size() != 1) return std::nullopt;
    const auto from = iq->attribute("from");
    const auto to = iq->has_attribute("to") ? Jid::parse(iq->attribute("to")) : Result<Jid, JidError>(*outer.to);
    const auto& payload = iq->children().front();
    const auto right = rights.requests.find(payload.ns());
    if (!to || (!from.empty() && from != outer.to->text())) return std::nullopt;
    if (right == rights.requests.end() || !right->second.allows(outer.type == "set")) return std::nullopt;
    return Inner{.to = *to, .id = std::string(iq->attribute("id")), .payload = payload};
}

/// On the home of the person in whose name it is asked.
Task<> ask(Host& host, Jid person, Jid to, bool is_set, std::string id, xml::Element payload, Reply& reply) {
    const Iq iq{.from = person, .to = to, .is_set = is_set, .id = std::move(id), .payload = std::move(payload)};
    if (host.is_local(to) && (to.is_bare() || to.local().empty())) {
        auto answering = host.answer(iq);
        reply = co_await answering;
        co_return;
    }
    const policy::Facts facts{.file_streams_allowed = host.config().policy.file_streams};
    const auto decision = policy::decide_request(iq.payload, facts);
    if (decision.denied()) {
        reply = std::unexpected(decision.error);
        co_return;
    }
    auto requested = host.request(person, to, is_set, iq.payload.to_string(ns::client));
    const auto answered = co_await requested;
    if (!answered) reply = std::unexpected(answered.error());
    else reply = *answered ? (*answered)->to_string(ns::client) : std::string();
}

std::string response(const Jid& person, const Inner& inner, const Reply& reply) {
    std::string xml = "<privilege xmlns='urn:xmpp:privilege:2'><forwarded xmlns='urn:xmpp:forward:0'><iq xmlns='jabber:client'";
    xml::append_attribute(xml, "type", reply ? "result" : "error");
    xml::append_attribute(xml, "id", inner.id);
    xml::append_attribute(xml, "from", inner.to.text());
    xml::append_attribute(xml, "to", person.text());
    return xml + ">" + (reply ? *reply : reply.error().to_xml()) + "</iq></forwarded></privilege>";
}

constexpr std::size_t most_asking = 64;  // requests of one component, in others' names, that wait for an answer

/// Counts one of them.
class Waiting {
  public:
    explicit Waiting(std::shared_ptr<std::size_t> count) : count_(std::move(count)) { ++*count_; }
    Waiting(const Waiting&) = delete;
    ~Waiting() { --*count_; }

  private:
    std::shared_ptr<std::size_t> count_;  // with the component, which may have gone
};

/// Beside what the component says next, which may be the answer.
Task<> ask_and_reply(Host& host, StanzaIn outer, Inner inner, std::shared_ptr<std::size_t> count) {
    const Waiting waiting(std::move(count));
    const auto person = *outer.to;
    Reply reply;
    auto asking = ask(host, person, inner.to, outer.type == "set", inner.id, inner.payload, reply);
    co_await host.visit(host.home_of(person), std::move(asking));
    host.reply(outer, response(person, inner, reply));
}

}  // namespace

bool Component::is_for_another(xml::View stanza, const Jid& to) const {
    const auto& host = service_.host();
    if (stanza.name() == "message") return to == host.domain_jid() && stanza.child(privilege_tag);
    const bool is_request = stanza.name() == "iq" && (stanza.attribute("type") == "get" || stanza.attribute("type") == "set");
    if (!is_request || !host.is_local(to) || to.is_full() || to.local().empty()) return false;
    return stanza.child(privileged_tag) || stanza.child({"query", ns::roster});
}

Task<> Component::record(const Jid& from, Jid to, std::string stanza, const StanzaError* refused) {
    const std::string reason = refused ? refused->text : std::string();
    const Recorder::Draft draft{.kind = journal::Kind::iq,
                                .flags = refused ? journal::flag::refused : std::uint16_t{0},
                                .record = {.from = from.text(), .to = to.text(), .rule = refused ? "component_rights" : "", .reason = reason,
                                           .stanza = stanza}};
    co_await service_.host().recorder().record(draft);
}

Task<> Component::send_for_another(xml::View stanza, const Jid& from) {
    auto& host = service_.host();
    const auto inner = stanza.child(privilege_tag).child(forwarded_tag).child({"message", ns::client});
    const auto author = inner ? Jid::parse(inner.attribute("from")) : std::unexpected(JidError::malformed);
    const bool is_ours = author && author->is_bare() && (host.is_account(*author) || *author == host.domain_jid());
    const auto refused = forbidden();
    const bool is_allowed = rights_.sends_messages && is_ours;
    const std::string id(stanza.attribute("id"));
    co_await record(from, host.domain_jid(), stanza.outer_with_namespaces(), is_allowed ? nullptr : &refused);
    if (!is_allowed) co_return stream_.write(error_reply("message", from, host.domain_jid(), id, refused));
    const auto message = xml::parse_owned(inner.outer_with_namespaces(), xml::limits_of_stored_xml, ns::client);
    if (message) co_await handle_message(message->root(), *author);
}

Task<> Component::ask_for_another(StanzaIn iq) {
    auto& host = service_.host();
    const auto person = *iq.to;
    const bool is_set = iq.type == "set", is_roster = iq.payload->ns() == ns::roster;
    auto inner = is_roster ? std::nullopt : inner_of(iq, rights_);
    const bool is_allowed = host.is_account(person) && (is_roster ? rights_.roster.allows(is_set) : inner.has_value());
    const auto refused = forbidden();
    co_await record(iq.from, person, iq.xml, is_allowed ? nullptr : &refused);
    if (!is_allowed) co_return host.reply(iq, std::unexpected(refused));
    if (!is_roster && *asking_ >= most_asking) co_return host.reply(iq, refuse(Condition::resource_constraint, "Too many of your requests wait."));
    if (!is_roster) co_return service_.tasks().spawn(ask_and_reply(host, std::move(iq), std::move(*inner), asking_));
    Reply reply;
    auto asking = ask(host, person, person, is_set, iq.id, *iq.payload, reply);
    co_await host.visit(host.home_of(person), std::move(asking));
    host.reply(iq, reply);
}

Task<> Component::act_for_another(xml::View stanza, const Jid& from) {
    auto& host = service_.host();
    const std::string kind(stanza.name()), id(stanza.attribute("id"));
    auto taken = take_stanza(stanza, from, host.domain());
    const auto to = taken && taken->to ? *taken->to : host.domain_jid();
    std::optional<StanzaError> failed;
    try {
        if (kind == "message") {
            co_await send_for_another(stanza, from);
        } else if (taken) {
            co_await ask_for_another(std::move(*taken));
        }
    } catch (const NotRecorded& failure) {
        log::error("stanza.not_recorded", {{"kind", kind}, {"cause", failure.what()}});
        failed = {Condition::resource_constraint, "Not sent: the archive is not available"};
    } catch (const storage::StorageError& failure) {
        log::error("stanza.failed", {{"kind", kind}, {"cause", failure.what()}});
        failed = {Condition::internal_server_error, "The server could not do that now. Try again later."};
    }
    if (failed) stream_.write(error_reply(kind, from, to, id, *failed));
}

void Component::tell_rights() {
    for (const auto& words : {rights_.privilege_xml(), rights_.delegation_xml()}) {
        if (words.empty()) continue;
        std::string xml = "<message id='" + to_hex(random_bytes(8)) + "'";
        xml::append_attribute(xml, "from", service_.host().domain());
        xml::append_attribute(xml, "to", domain_);
        stream_.write(xml + ">" + words + "</message>");
    }
}

}  // namespace chancery::components
