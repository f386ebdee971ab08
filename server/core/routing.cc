// Where a stanza goes by its address: to a person's session, to a service of this server, or out.

#include "core/host.h"
#include "core/undeliverable.h"
#include "xml/parse.h"

namespace chancery {
namespace {

constexpr auto answer_limit = std::chrono::seconds(30);

StanzaError no_way() { return {Condition::remote_server_not_found, "There is no way to that server."}; }

Task<> error_at_service(Service& service, std::string kind, std::string id, Jid from, Jid to, std::string xml) {
    if (kind == "message") {
        auto error = std::make_shared<const Message>(Message{.from = std::move(from), .to = std::move(to), .id = std::move(id),
                                                             .type = MessageType::error, .traits = {.content = true},
                                                             .xml = std::move(xml)});
        auto taken = service.take_message(0, std::move(error));
        co_return co_await taken;
    }
    StanzaIn error{.kind = std::move(kind), .type = "error", .id = std::move(id), .from = std::move(from), .to = std::move(to), .xml = std::move(xml)};
    auto taken = error.kind == "iq" ? service.take_iq(std::move(error)) : service.take_presence(std::move(error));
    co_await taken;
}

}  // namespace

void Host::add_service(const Jid& domain, std::string_view name, std::unique_ptr<Service> service) {
    if (domain == domain_jid_ || service_at(domain))
        throw ConfigError("the domain " + domain.text() + " is given to two services");
    list_service(domain, name);
    services_.emplace(domain.domain(), std::move(service));
}

void Host::add_way(Outside& way) { ways_.push_back(&way); }

Service* Host::service_at(const Jid& jid) const {
    const auto found = services_.find(jid.domain());
    return found == services_.end() ? nullptr : found->second.get();
}

Task<> Host::forget_at_services(Jid person, Jid administrator) {
    for (auto& [domain, service] : services_) {
        auto forgotten = service->forget(person, administrator);
        co_await forgotten;
    }
}

void Host::stop_services(Home& home) {
    for (auto& [domain, service] : services_) service->stop(home);
}

Outside* Host::way_to(const Jid& jid) const {
    if (ways_.empty() || is_ours(jid.domain())) return nullptr;
    for (auto* way : ways_)
        if (way->reaches(jid.domain())) return way;
    return nullptr;
}

Task<> Host::at_service(Service& service, StanzaIn stanza) {
    auto& there = home_of(*stanza.to);
    auto taken = stanza.kind == "iq" ? service.take_iq(std::move(stanza)) : service.take_presence(std::move(stanza));
    co_await visit(there, std::move(taken));
}

Task<> Host::pass_directed(StanzaIn stanza) {
    const auto to = *stanza.to;
    if (auto* service = service_at(to)) {
        co_await at_service(*service, std::move(stanza));
        co_return;
    }
    if (is_account(to) && block_lists_.has_blocked(to, stanza.from)) co_return;
    send_presence(to, std::make_shared<const std::string>(std::move(stanza.xml)));
}

void Host::send_to(const Jid& to, std::string xml) {
    if (is_local(to))
        return at_home(to, [to, xml = std::move(xml)](Home& home) mutable {
            if (auto* session = home.find(to)) session->send(std::move(xml));
        });
    if (auto* way = way_to(to)) return way->send(to, std::move(xml));
    return_undeliverable(*this, xml, no_way());
}

void Host::send_presence(const Jid& to, std::shared_ptr<const std::string> xml) {
    if (is_account(to)) return at_home(to, [to, xml = std::move(xml)](Home& theirs) { theirs.receive_presence(to, xml); });
    if (auto* way = way_to(to)) return way->send(to, *xml);
    return_undeliverable(*this, *xml, no_way());
}

void Host::reply(const StanzaIn& request, const Reply& reply) {
    if (request.type == "result" || request.type == "error") return;
    std::string xml = std::string("<iq type='") + (reply ? "result" : "error") + "'";
    xml::append_attribute(xml, "id", request.id);
    xml::append_attribute(xml, "to", request.from.text());
    if (request.to) xml::append_attribute(xml, "from", request.to->text());
    xml += ">" + (reply ? *reply : reply.error().to_xml()) + "</iq>";
    const bool is_own_request = is_local(request.from) && request.from.is_bare();  // a service answers what was asked in a person's name
    if (!is_own_request) return send_to(request.from, std::move(xml));
    const auto parsed = xml::parse(xml, xml::limits_of_stored_xml, ns::client);
    auto answer = parsed ? take_stanza(parsed->root(), request.to.value_or(domain_jid_), domain()) : std::unexpected(StanzaError{Condition::internal_server_error});
    if (answer) take_answer(*answer);
}

void Host::send_error(const Jid& to, std::string_view kind, const Jid& from, std::string_view id, const StanzaError& error) {
    if (kind == "message" && to == domain_jid_) return returns_.take(id, error);
    auto xml = error_reply(kind, to, from, id, error);
    auto* service = service_at(to);
    const bool is_own_request = kind == "iq" && is_local(to) && to.is_bare();  // of the server, or in a person's name
    if (is_own_request)
        return take_answer({.kind = "iq", .type = "error", .id = std::string(id), .from = from, .to = to, .xml = std::move(xml)});
    if (!service) return send_to(to, std::move(xml));
    // What a service has sent comes back to it: XEP-0045 §14.1, whom a room cannot reach is in it no longer. Not now: the room
    // may be on its way through the list of those to whom it speaks.
    auto& home = home_of(to);
    home.shard().post([&home, service, to, from, kind = std::string(kind), id = std::string(id), xml = std::move(xml)]() mutable {
        home.tasks().spawn(error_at_service(*service, std::move(kind), std::move(id), std::move(from), std::move(to), std::move(xml)));
    });
}

void Host::settle(const std::shared_ptr<Delivery>& delivery) {
    at_home(delivery->message->to, [delivery](Home& home) { home.settle(*delivery); });
}

Task<Answer> Host::request(Jid from, Jid to, bool is_set, std::string payload) {
    Requests::Open request(home(net::Shard::current().index()).requests(), to);
    std::string xml = std::string("<iq type='") + (is_set ? "set" : "get") + "'";
    xml::append_attribute(xml, "id", request.id());
    xml::append_attribute(xml, "from", from.text());
    xml::append_attribute(xml, "to", to.text());
    xml += ">" + payload + "</iq>";
    if (auto* service = service_at(to)) {
        const auto parsed = xml::parse(xml, xml::limits_of_stored_xml, ns::client);
        auto asked = parsed ? take_stanza(parsed->root(), from, domain()) : std::unexpected(StanzaError{Condition::bad_request});
        if (!asked) co_return std::unexpected(asked.error());
        co_await at_service(*service, std::move(*asked));
    } else {
        send_to(to, std::move(xml));
    }
    try {
        co_await net::within(answer_limit, request.answered());
    } catch (const net::Timeout&) {
        request.answer = refuse(Condition::remote_server_timeout, "There was no answer in time.");
    }
    co_return std::move(*request.answer);
}

void Host::take_answer(const StanzaIn& stanza) {
    const auto asking = Requests::home_of(stanza.id);
    if (!asking || *asking >= homes_.size()) return;
    Answer answer = stanza.payload;
    if (stanza.type == "error") answer = std::unexpected(error_of(stanza.xml));
    auto& there = *homes_[*asking];
    there.shard().post([&there, id = stanza.id, from = stanza.from, answer = std::move(answer)]() mutable {
        there.requests().take(id, from, std::move(answer));
    });
}

}  // namespace chancery
