// The life of a message, from a client's stream to its recipients (DESIGN.md §5). Read this first: the order of the
// lines is the guarantee.

#include <algorithm>
#include <utility>

#include "core/host.h"

namespace chancery {
namespace {

std::string stanza_id(const Host& host, const Jid& by, std::uint64_t position) {
    constexpr std::size_t most_around = 100;  // bytes
    std::string xml;
    xml.reserve(by.bare_text().size() + most_around);
    xml.append("<stanza-id xmlns='urn:xmpp:sid:0' by='");
    xml::append_escaped(xml, by.bare_text(), xml::Place::attribute);
    return xml.append("' id='").append(host.stanza_ids().of(position)).append("'/>");
}

std::string delay(const Host& host, Time time) {
    return "<delay xmlns='urn:xmpp:delay' from='" + host.domain() + "' stamp='" + to_iso(time) + "'/>";
}

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

std::string carbon(std::string_view direction, const Jid& owner, const Session& client, MessageType type,
                   std::string_view forwarded) {
    const auto bare = xml::escape(owner.bare_text(), xml::Place::attribute);
    std::string xml = "<message type='" + std::string(name_of(type)) + "' from='" + bare + "' to='" +
                      xml::escape(client.jid().text(), xml::Place::attribute) + "'><";
    xml.append(direction).append(" xmlns='urn:xmpp:carbons:2'><forwarded xmlns='urn:xmpp:forward:0'>");
    // The stanza's own namespace is jabber:client, which is not in force inside <forwarded/>.
    xml.append("<message xmlns='jabber:client'").append(forwarded.substr(std::string_view("<message").size()));
    return xml.append("</forwarded></").append(direction).append("></message>");
}

}  // namespace

policy::Facts Host::facts_about(const Message& message) const {
    const bool local = is_local(message.to);
    const bool answers = message.type == MessageType::error;  // an error report is never turned into another error
    return {
        .recipient_exists = is_account(message.to),
        .recipient_is_remote = !local,
        .blocked_by_recipient = !answers && block_lists_.has_blocked(message.to, message.from),
        .blocked_by_sender = is_account(message.from) && block_lists_.has_blocked(message.from, message.to),
        .end_to_end_allowed = config().policy.end_to_end,
    };
}

Task<> Host::accept(SessionId sender, std::shared_ptr<const Message> message) {
    // Judge. Nothing but policy can stop a message that can be recorded.
    const auto decision = policy::decide(*message, facts_about(*message));

    // Record, refusals too. If the record is not durable this throws, and nobody gets the message.
    const bool waits = !decision.denied() && may_wait(*message);
    const Recorder::Draft draft{
        .flags = static_cast<std::uint16_t>((waits ? journal::flag::deliverable : 0) | (decision.denied() ? journal::flag::refused : 0)),
        .record = {.from = message->from.text(),
                   .to = message->to.text(),
                   .rule = decision.rule,
                   .reason = decision.error.text,
                   .stanza = message->xml,
                   .in_sender_history = !decision.denied() && is_history(*message),
                   .in_recipient_history = !decision.denied() && is_history(*message)},
        .recipient = waits ? archive().owners().of(message->to) : 0,
    };
    const auto receipt = co_await recorder().record(draft);
    // From here on the message is on the record.

    if (decision.denied()) {
        ++messages_refused;
        if (message->type != MessageType::error)
            send_error(message->from, "message", message->to, message->id, decision.error);
        co_return;
    }
    ++messages_accepted;

    // Deliver, numbered as on record: to the recipient's home, and copies to the sender's other clients.
    auto delivery = std::make_shared<Delivery>(Delivery{.message = message, .position = receipt.position,
                                                        .time = receipt.time, .waits = waits});
    delivery->xml = with_children(message->xml, stanza_id(*this, message->to, receipt.position));
    if (sender && is_carbon_copied(*message) && message->from.bare_text() != message->to.bare_text()) {
        auto& home = home_of(message->from);
        if (home.known(message->from)->sessions.size() > 1) home.copy_to_sender(message->from, delivery);
    }
    deliver(std::move(delivery));
}

void Host::deliver(std::shared_ptr<Delivery> delivery) {
    const auto& to = delivery->message->to;
    at_home(to, [delivery = std::move(delivery)](Home& home) mutable { home.deliver(std::move(delivery)); });
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
    const auto copy = with_children(sent->message->xml, stanza_id(host_, sender, sent->position));
    for (const auto& session : author->sessions)
        if (session->carbons && session->jid() != sender)
            session->send(carbon("sent", sender, *session, sent->message->type, copy));
}

namespace {

constexpr std::size_t portion_messages = 200, portion_bytes = 256 * 1024;  // of what waits, read and sent at a time
constexpr auto behind_pause = std::chrono::milliseconds(50);
constexpr auto reading_limit = std::chrono::seconds(30);  // for a client to take what it has asked for

/// Reads the first of `positions` from the journal, in order: a portion. What was erased has no xml.
std::vector<std::shared_ptr<Delivery>> read_portion(Host& host, const Jid& to, const std::vector<std::uint64_t>& positions) {
    std::vector<std::shared_ptr<Delivery>> found;
    std::size_t bytes = 0;
    for (const auto position : positions) {
        if (found.size() == portion_messages || bytes > portion_bytes) break;
        auto delivery = std::make_shared<Delivery>(Delivery{.position = position, .waits = true});
        const auto entry = host.recorder().journal().read(position);
        const auto record = entry ? archive::decode(entry->text) : std::nullopt;
        if (!record) log::warning("message.unreadable", {{"position", position}});
        if (record) {
            delivery->time = entry->time;
            delivery->xml = with_children(record->stanza, stanza_id(host, to, position) + delay(host, entry->time));
            delivery->message = std::make_shared<const Message>(
                Message{.from = record->from, .to = to.bare(), .id = {}, .type = MessageType::chat, .traits = {},
                        .xml = record->stanza});
        }
        bytes += delivery->xml.size();
        found.push_back(std::move(delivery));
    }
    return found;
}

}  // namespace

/// The client has not taken what it was sent before: more would only fill the server's memory.
bool Home::is_behind(Session& session) const {
    const auto most = static_cast<std::size_t>(host_.config().limits.unacknowledged) / 4;
    return !session.link() || session.link()->unsent() > portion_bytes || session.stream.unacknowledged.size() > most ||
           session.stream.unacknowledged_bytes > 4 * portion_bytes;
}

/// False when nothing waits any more, or nobody is there to take it.
Task<bool> Home::hand_over_portion(SessionId id) {
    auto* session = find(id);
    if (!session) co_return false;
    auto& owner = session->user();
    if (owner.offline.empty() || !session->is_available() || session->presence->priority < 0) {
        session->catching_up = false;  // what arrives from here on follows what was sent
        co_return false;
    }
    // Never more than half of what the client may leave without an acknowledgement.
    const auto half = static_cast<std::size_t>(host_.config().limits.unacknowledged) / 2;
    const auto most = std::min(portion_messages, half);
    auto positions = std::exchange(owner.offline, {});
    if (positions.size() > most) {
        owner.offline.assign(positions.begin() + static_cast<std::ptrdiff_t>(most), positions.end());
        positions.resize(most);
    }
    const auto read = [&host = host_, to = session->jid(), positions] { return read_portion(host, to, positions); };
    std::vector<std::shared_ptr<Delivery>> portion;
    try {
        portion = co_await host_.workers().run(read);
    } catch (const std::exception& failure) {
        log::error("messages.not_read", {{"cause", failure.what()}});
    }
    session = find(id);
    if (!session) portion.clear();
    // What was not read waits on, before all that has come since.
    owner.offline.insert(owner.offline.begin(), positions.begin() + static_cast<std::ptrdiff_t>(portion.size()), positions.end());
    if (portion.empty()) {
        if (session) session->catching_up = false;
        co_return false;
    }
    for (const auto& delivery : portion) {
        if (delivery->xml.empty()) settle(*delivery);  // erased or damaged: nothing to hand over
        else session->send(delivery);
    }
    co_return true;
}

Task<bool> Home::has_read(SessionId id, std::size_t at_most_unsent) {
    const auto deadline = shard_.after(reading_limit);
    while (true) {
        auto* session = find(id);
        if (!session || !session->link() || session->link()->unsent() <= at_most_unsent) co_return true;
        if (shard_.now() >= deadline) co_return false;
        co_await net::sleep(behind_pause);
    }
}

Task<> Home::hand_over_waiting(SessionId id) {
    while (co_await hand_over_portion(id)) {
        auto* session = find(id);
        if (!session || !is_behind(*session)) continue;
        tasks_.spawn(hand_over_rest(id));  // the client must be heard meanwhile: it acknowledges
        co_return;
    }
}

Task<> Home::hand_over_rest(SessionId id) {
    while (auto* session = find(id)) {
        if (is_behind(*session)) {
            co_await net::sleep(behind_pause);
            continue;
        }
        if (!co_await hand_over_portion(id)) co_return;
    }
}

}  // namespace chancery
