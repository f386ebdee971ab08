// The life of a message, from a client's stream to its recipients (DESIGN.md §5). Read this first: the order of the
// lines is the guarantee.

#include <algorithm>
#include <utility>

#include "core/host.h"

namespace chancery {
namespace {

/// XEP-0160 §3: what waits for somebody who is away. Nothing that is only a sign of typing.
bool may_wait(const Message& message) {
    const bool kept_type = message.type == MessageType::normal || message.type == MessageType::chat;
    return kept_type && message.traits.content && (message.traits.body || !message.traits.no_store);
}

/// XEP-0313 §5.1: what users find in their own history.
bool is_history(const Message& message) { return may_wait(message); }

/// XEP-0280 §6.1.
bool is_carbon_copied(const Message& message) {
    const auto& traits = message.traits;
    if (traits.is_private || traits.muc_private) return false;
    switch (message.type) {
        case MessageType::chat: return true;
        case MessageType::normal: return traits.body || traits.conversation;
        case MessageType::headline: return traits.conversation;
        case MessageType::groupchat:
        case MessageType::error: return false;  // which message an error answers is not kept
    }
    std::unreachable();
}

/// XEP-0280 §6.1: what is written to an occupant of a room.
bool is_whisper(const Message& message) {
    return message.traits.muc_private && message.to.is_full() && message.type != MessageType::error && !message.traits.is_private;
}

/// Whether both clients are in the room under the same nickname: both have sent their presence to one of its addresses.
bool share_nick(const Session& one, const Session& other, const Jid& room) {
    return std::ranges::any_of(one.directed, [&](const Jid& nick) {
        return nick.is_full() && nick.bare_text() == room.bare_text() && other.directed.contains(nick);
    });
}

std::string carbon(std::string_view direction, const Jid& owner, const Session& client, MessageType type,
                   std::string_view forwarded) {
    const auto bare = xml::escape(owner.bare_text(), xml::Place::attribute);
    std::string xml = "<message type='" + std::string(name_of(type)) + "' from='" + bare + "' to='" +
                      xml::escape(client.jid().text(), xml::Place::attribute) + "'><";
    xml.append(direction).append(" xmlns='urn:xmpp:carbons:2'><forwarded xmlns='urn:xmpp:forward:0'>");
    // The stanza's own namespace is jabber:client, which is not in force inside <forwarded/>.
    xml.append("<message xmlns='jabber:client'").append(forwarded.substr(std::string_view("<message").size()));
    xml.append("</forwarded></").append(direction).append("></message>");
    return xml;
}

}  // namespace

/// XEP-0359.
std::string Host::stanza_id_of(const Jid& by, std::uint64_t position) const {
    constexpr std::size_t most_around = 100;  // bytes
    std::string xml;
    xml.reserve(by.bare_text().size() + most_around);
    xml.append("<stanza-id xmlns='urn:xmpp:sid:0'");
    xml::append_attribute(xml, "by", by.bare_text());
    xml.append(" id='").append(stanza_ids().of(position)).append("'/>");
    return xml;  // by itself: the value of append() is copied
}

policy::Facts Host::facts_about(const Message& message) const {
    const bool answers = message.type == MessageType::error;  // an error report is never turned into another error
    return {
        .recipient_exists = !is_ours(message.to.domain()) || is_account(message.to),
        .out_of_reach = !is_ours(message.to.domain()) && !way_to(message.to),
        .blocked_by_recipient = !answers && block_lists_.has_blocked(message.to, message.from),
        .blocked_by_sender = block_lists_.has_blocked(message.from, message.to) && is_account(message.from),
        .end_to_end_allowed = config().policy.end_to_end,
        .file_streams_allowed = config().policy.file_streams,
    };
}

Task<> Host::accept(SessionId sender, std::shared_ptr<const Message> message) {
    if (auto* service = service_at(message->to)) {  // which goes the same road with what it knows
        auto taken = service->take_message(sender, message);
        co_await visit(home_of(message->to), std::move(taken));
        co_return;
    }
    const bool waits = may_wait(*message), in_history = is_history(*message);
    const auto facts = facts_about(*message);
    RecordedAs as{.to = message->to.text(), .stanza = {}, .in_sender_history = in_history, .in_recipient_history = in_history, .waits = waits};
    const auto receipt = co_await judge_and_record(message, facts, std::move(as));
    if (!receipt) co_return;

    // Deliver, numbered as on record: to the recipient's home, and copies to the sender's other clients.
    auto delivery = std::make_shared<Delivery>(Delivery{.message = message, .position = receipt->position,
                                                        .time = receipt->time, .waits = waits});
    delivery->xml = with_links(with_children(message->xml, stanza_id_of(message->to, receipt->position)), message->from, receipt->time,
                               message->to);
    if (sender && (is_carbon_copied(*message) || is_whisper(*message)) && message->from.bare_text() != message->to.bare_text()) {
        auto& home = home_of(message->from);
        if (home.known(message->from)->sessions.size() > 1) home.copy_to_sender(message->from, delivery);
    }
    deliver(std::move(delivery));
}

Task<std::optional<Recorder::Receipt>> Host::judge_and_record(std::shared_ptr<const Message> message, policy::Facts facts,
                                                              RecordedAs as) {
    // Judge. Nothing but policy can stop a message that can be recorded.
    const auto decision = policy::decide(*message, facts);

    // Record, refusals too. If the record is not durable this throws, and nobody gets the message.
    const bool denied = decision.denied(), waits = as.waits && !denied;
    const Recorder::Draft draft{
        .flags = static_cast<std::uint16_t>((waits ? journal::flag::deliverable : 0) | (denied ? journal::flag::refused : 0)),
        .record = {.from = message->from.text(),
                   .to = as.to,
                   .rule = decision.rule,
                   .reason = decision.error.text,
                   .stanza = denied || as.stanza.empty() ? std::string_view(message->xml) : std::string_view(as.stanza),
                   .in_sender_history = as.in_sender_history && !denied,
                   .in_recipient_history = as.in_recipient_history && !denied},
        .recipient = waits ? archive().owners().of(archive::bare_part(as.to)) : 0,
    };
    const auto receipt = co_await recorder().record(draft);
    // From here on the message is on the record.

    if (!denied) {
        ++messages_accepted;
        co_return receipt;
    }
    ++messages_refused;
    if (message->type != MessageType::error)
        send_error(message->from, "message", message->to, message->id, decision.error);
    co_return std::nullopt;
}

void Host::deliver(std::shared_ptr<Delivery> delivery) {
    const auto& to = delivery->message->to;
    if (is_local(to)) return at_home(to, [delivery = std::move(delivery)](Home& home) mutable { home.deliver(std::move(delivery)); });
    if (auto* way = way_to(to)) return way->deliver(std::move(delivery));
    // The way has closed since it was judged.
    settle(delivery);
    if (delivery->message->type != MessageType::error)
        send_error(delivery->message->from, "message", to, delivery->message->id,
                   {Condition::remote_server_not_found, "That domain cannot be reached any more."});
}

void Home::deliver(std::shared_ptr<Delivery> delivery) {
    const auto& message = *delivery->message;
    auto& recipient = user(message.to);
    host_.run_delivered_hooks(recipient, *delivery);

    if (message.to.is_bare()) return deliver_to_bare(recipient, std::move(delivery));
    if (auto* session = recipient.session(message.to.resource())) {  // RFC 6121 §8.5.3.1
        session->send(delivery);
        copy_to_other_clients(recipient, *delivery, {session});
        return;
    }
    // RFC 6121 §8.5.3.2.1: a chat goes on as if it had been sent to the bare JID; the rest is returned.
    if (message.type == MessageType::chat) return deliver_to_bare(recipient, std::move(delivery));
    settle(*delivery);
    if (message.type != MessageType::error && message.type != MessageType::headline)
        host_.send_error(message.from, "message", message.to, message.id,
                         {Condition::service_unavailable, "That device is not signed in any more."});
}

void Home::deliver_to_bare(User& recipient, std::shared_ptr<Delivery> delivery) {  // RFC 6121 §8.5.2
    const auto& message = *delivery->message;
    if (message.type == MessageType::error) return;
    if (message.type == MessageType::groupchat) return nobody_took(recipient, std::move(delivery));

    if (recipient.sessions.size() == 1) {  // nobody else to take it or to have a copy
        auto& session = *recipient.sessions.front();
        return session.takes_messages() ? session.send(std::move(delivery)) : nobody_took(recipient, std::move(delivery));
    }
    std::vector<Session*> takers;
    for (const auto& session : recipient.sessions)
        if (session->takes_messages()) takers.push_back(session.get());
    if (takers.empty()) return nobody_took(recipient, std::move(delivery));
    for (auto* session : takers) session->send(delivery);
    copy_to_other_clients(recipient, *delivery, takers);
}

void Home::nobody_took(User& recipient, std::shared_ptr<Delivery> delivery) {
    const auto& message = *delivery->message;
    const auto limit = static_cast<std::size_t>(host_.config().limits.offline_messages);
    if (delivery->waits && recipient.offline.size() < limit) {
        const auto place = std::ranges::lower_bound(recipient.offline, delivery->position);
        recipient.offline.insert(place, delivery->position);
        return;
    }
    settle(*delivery);
    const bool answered = message.type == MessageType::groupchat ||
                          (delivery->waits && (message.type == MessageType::chat || message.type == MessageType::normal));
    if (answered)
        host_.send_error(message.from, "message", message.to, message.id,
                         {Condition::service_unavailable, delivery->waits ? "Too many messages wait for this person already."
                                                                          : "Nobody takes this message there."});
}

void Home::copy_to_other_clients(User& recipient, const Delivery& delivery, const std::vector<Session*>& took) {
    if (recipient.sessions.size() <= took.size() || !is_carbon_copied(*delivery.message)) return;
    for (const auto& session : recipient.sessions)
        if (session->carbons && session->jid() != delivery.message->from &&
            std::ranges::find(took, session.get()) == took.end())
            session->send(carbon("received", recipient.jid(), *session, delivery.message->type, delivery.xml));
}

void Home::copy_to_sender(const Jid& sender, std::shared_ptr<const Delivery> sent) {
    auto* author = known(sender);
    if (!author) return;
    const auto* client = author->session(sender.resource());
    const auto& message = *sent->message;
    const auto copy = with_children(message.xml, host_.stanza_id_of(sender, sent->position));
    for (const auto& session : author->sessions) {
        if (!session->carbons || session.get() == client) continue;
        if (message.traits.muc_private && !(client && share_nick(*client, *session, message.to))) continue;
        session->send(carbon("sent", sender, *session, message.type, copy));
    }
}

}  // namespace chancery
