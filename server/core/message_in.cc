// From a client's stream to the message road: as many messages of one client as allowed are on their way to the journal
// at a time, and every other stanza waits until they are through, so that the client's order is kept (RFC 6120 §10.1).

#include "base/bytes.h"
#include "base/crypto.h"
#include "core/host.h"
#include "core/stamp.h"

namespace chancery {

Result<Message, StanzaError> Host::take_message(xml::View stanza, const Jid& from) const {
    auto to = stanza.has_attribute("to") ? Jid::parse(stanza.attribute("to")) : Result<Jid, JidError>(from.bare());
    if (!to) return refuse(Condition::jid_malformed, "The address in 'to' is not a valid JID.");
    auto xml = stamp(stanza, from, *to, domain());
    return Message{.from = from,
                   .to = std::move(*to),
                   .id = std::string(stanza.attribute("id")),
                   .type = message_type(stanza.attribute("type")),
                   .traits = traits_of(stanza),
                   .xml = std::move(xml)};
}

void Host::announce(const Jid& person, std::string_view subject, std::string_view body) {
    std::string xml = "<message type='normal' from='" + domain() + "' to='" + xml::escape(person.text(), xml::Place::attribute) +
                      "' id='server-says-" + to_hex(random_bytes(8)) + "'><subject>";
    xml::append_escaped(xml, subject);
    xml += "</subject><body>";
    xml::append_escaped(xml, body);
    auto message = std::make_shared<const Message>(Message{.from = domain_jid_, .to = person, .id = {}, .type = MessageType::normal,
                                                           .traits = {.body = true, .content = true},
                                                           .xml = xml + "</body></message>"});
    at_home(person, [message = std::move(message)](Home& home) { home.tasks().spawn(home.host().accept(0, message)); });
}

Task<> Host::accept_from_client(SessionId sender, Message message, std::function<void()> handled) {
    const auto accepted = std::make_shared<const Message>(std::move(message));
    const auto answer = [&](const StanzaError& error) {
        if (accepted->type != MessageType::error) send_error(accepted->from, "message", accepted->to, accepted->id, error);
    };
    try {
        co_await accept(sender, accepted);
    } catch (const NotRecorded& failure) {
        log::error("message.not_recorded", {{"cause", failure.what()}});
        answer({Condition::resource_constraint, "Not sent: the archive is not available"});
    } catch (const std::exception& failure) {
        log::error("message.failed", {{"cause", failure.what()}});
        answer({Condition::internal_server_error, "The server could not do that now. Try again later."});
    }
    handled();
}

}  // namespace chancery
