// An administrator's message to people, to rooms or to everybody, on the road of any message.

#include <algorithm>
#include <chrono>
#include <future>

#include "admin/commands.h"
#include "base/bytes.h"
#include "base/crypto.h"
#include "core/host.h"

namespace chancery::admin {
namespace {

/// Says what became of one message. Nothing but the record can fail: a refusal by a rule is on record too.
Task<> accept(Host& host, std::shared_ptr<const Message> message, std::promise<bool> recorded) {
    try {
        co_await host.accept(0, std::move(message));
        recorded.set_value(true);
    } catch (const NotRecorded&) {
        recorded.set_value(false);
    }
}

bool wait_for(std::future<bool>& outcome) {
    constexpr auto patience = std::chrono::seconds(60);
    if (outcome.wait_for(patience) != std::future_status::ready) throw AdminError("The server does not answer. See: chancery status");
    return outcome.get();
}

bool has(Host& host, Service& service, const Jid& jid) {
    std::promise<bool> answer;
    auto outcome = answer.get_future();
    host.home_of(jid).shard().post([&service, jid, answer = std::move(answer)]() mutable { answer.set_value(service.since(jid).has_value()); });
    return wait_for(outcome);
}

Jid recipient(const Context& context, const std::string& name) {
    auto& host = *context.host;
    const auto local = local_part(context, name);
    if (context.accounts.is_user(local)) return *Jid::of(local, context.config.domain);
    const auto jid = Jid::parse(name);
    auto* service = jid && jid->is_bare() ? host.service_at(*jid) : nullptr;
    if (service && has(host, *service, *jid)) return *jid;
    throw AdminError(name + ": there is no such account or room");
}

std::vector<Jid> recipients(const Context& context, const json& request) {
    std::vector<Jid> everyone;
    for (const auto& name : request.value("to", std::vector<std::string>())) everyone.push_back(recipient(context, name));
    if (request.value("everybody", false))
        for (const auto& account : context.accounts.list())
            if (!account.disabled_reason) everyone.push_back(*Jid::of(account.name, context.config.domain));
    if (everyone.empty()) throw AdminError("Nobody to send to: name people or rooms with --to, or use --everybody.");
    return everyone;
}

/// RFC 6121 §5.2. What is said in a room has no subject: there it would be taken for the title of a message.
std::shared_ptr<const Message> announcement(const Host& host, const Jid& to, std::string_view body) {
    const bool is_in_room = !host.is_local(to);
    const auto type = is_in_room ? MessageType::groupchat : MessageType::normal;
    auto id = "admin-" + to_hex(random_bytes(8));
    std::string xml = "<message type='" + std::string(name_of(type)) + "' from='" + host.domain() + "' to='" +
                      xml::escape(to.text(), xml::Place::attribute) + "' id='" + id + "'>";
    if (!is_in_room) xml += "<subject>Announcement</subject>";
    xml += "<body>";
    xml::append_escaped(xml, body);
    return std::make_shared<const Message>(Message{.from = host.domain_jid(), .to = to, .id = std::move(id), .type = type,
                                                   .traits = {.body = true, .content = true}, .xml = xml + "</body></message>"});
}

}  // namespace

json send_message(Context& context, const json& request) {
    if (!context.host) throw AdminError("No server runs here. Start it first: chancery serve --data " + context.data.string());
    const auto body = request.at("body").get<std::string>();
    if (body.empty()) throw AdminError("There is no text to send.");
    auto& host = *context.host;
    std::vector<std::future<bool>> outcomes;
    for (const auto& to : recipients(context, request)) {
        std::promise<bool> recorded;
        outcomes.push_back(recorded.get_future());
        auto& home = host.home_of(to);
        home.shard().post([&home, &host, message = announcement(host, to, body), recorded = std::move(recorded)]() mutable {
            home.tasks().spawn(accept(host, std::move(message), std::move(recorded)));
        });
    }
    const auto sent = static_cast<std::size_t>(std::ranges::count_if(outcomes, wait_for));
    if (sent == 0) throw AdminError("Not sent: the archive is not available. See: chancery status");
    if (sent < outcomes.size())
        throw AdminError("Sent " + std::to_string(sent) + " of " + std::to_string(outcomes.size()) +
                         " messages, then the archive was not available. See: chancery status");
    return {{"sent", sent}};
}

}  // namespace chancery::admin
