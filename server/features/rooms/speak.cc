// What is said in a room (XEP-0045 §7.4, §7.5, §8.1): judged and recorded under the author's real address, then shown to
// everybody under the nickname.

#include <algorithm>
#include <tuple>

#include "features/rooms/service.h"
#include "xml/parse.h"
#include "xml/restamp.h"

namespace chancery::rooms {
namespace {

using Act = policy::RoomFacts::Act;

constexpr xml::Tag x_tag{"x", ns_user}, form_tag{"x", ns::data_forms}, subject_tag{"subject", ns::client};

/// XEP-0313 §5.1.1: what is found in the room's archive. Nothing that is only a sign of typing.
bool is_history(const Message& message) { return message.traits.content && (message.traits.body || !message.traits.no_store); }

/// A subject alone changes the subject; with a body or a thread it is only the title of a message.
bool is_subject_change(xml::View root) {
    return root.child(subject_tag) && !root.child({"body", ns::client}) && !root.child({"thread", ns::client});
}

/// The room's own words, and ids that only the room may give.
bool is_the_rooms(xml::View child) {
    if (child.is(x_tag) || child.ns() == ns_occupant_id || child.ns() == ns_hats) return true;
    return child.ns() == "urn:xmpp:message-retract:1" && child.child({"moderated", "urn:xmpp:message-moderate:1"});
}

std::string as_shown(xml::View root, const Jid& from, const Occupant& author, bool is_private) {
    const auto address = from.text();
    const auto id = "<occupant-id xmlns='urn:xmpp:occupant-id:0' id='" + author.id() + "'/>";
    xml::Restamp restamp(root, ns::client);
    restamp.set("from", address).remove("to").drop(is_the_rooms).append(id);
    if (is_private) restamp.append("<x xmlns='http://jabber.org/protocol/muc#user'/>");
    return restamp.to_string();
}

/// What an administrator says to everybody in a room is the room's own word: no nickname is in its address.
std::string as_the_rooms(xml::View root, const Room& room) {
    xml::Restamp restamp(root, ns::client);
    restamp.set("from", room.jid().text()).remove("to").drop(is_the_rooms);
    return restamp.to_string();
}

/// XEP-0280 §6.1: marked as what it is, for the copies and the history of who wrote it.
std::shared_ptr<const Message> as_whisper(const Message& message) {
    auto whisper = std::make_shared<Message>(message);
    if (!message.traits.muc_private) whisper->xml = with_children(message.xml, "<x xmlns='http://jabber.org/protocol/muc#user'/>");
    whisper->traits.muc_private = true;
    return whisper;
}

Act act_of_form(const Form& form, bool& is_about_membership) {
    if (form.type() != "submit") return Act::unknown;
    if (form.form_type() == "http://jabber.org/protocol/muc#request")
        return form.has("muc#request_allow") ? Act::decide : Act::ask_for_voice;
    is_about_membership = form.form_type() == "http://jabber.org/protocol/muc#register" && form.has("muc#register_allow");
    return is_about_membership ? Act::decide : Act::unknown;
}

Act act_of_letter(xml::View root, bool& is_about_membership) {
    for (const auto x : root.children(x_tag)) {
        if (x.child({"invite", ns_user})) return Act::invite;
        if (x.child({"decline", ns_user})) return Act::decline;
    }
    if (const auto form = root.child(form_tag)) return act_of_form(Form(xml::Element(form)), is_about_membership);
    return Act::unknown;
}

/// How many hear of it. Speaking is what a room is for: as much as a processor can pass on. An invitation makes a message and two
/// records for each who is invited.
std::size_t told_by(Room& room, Act act) {
    constexpr std::size_t of_invitation = 1'000, spoken_to_at_once = 10;
    if (act == Act::speak) return room.occupants().device_count() / spoken_to_at_once + 1;
    if (act == Act::change_subject) return room.occupants().device_count();
    if (act == Act::ask_for_voice) return room.occupants().in_role(Role::moderator).size();
    return act == Act::invite ? of_invitation : 1;
}

/// §14.1: errors that say that nobody is there any more.
bool is_gone(Condition condition) {
    switch (condition) {
        case Condition::gone:
        case Condition::item_not_found:
        case Condition::recipient_unavailable:
        case Condition::redirect:
        case Condition::remote_server_not_found:
        case Condition::remote_server_timeout:
        case Condition::service_unavailable:
        case Condition::jid_malformed: return true;
        default: return false;
    }
}

/// Counts a message on its way to the journal.
class Speaking {
  public:
    explicit Speaking(RoomPtr room) : room_(std::move(room)) { ++room_->speaking; }
    Speaking(const Speaking&) = delete;
    ~Speaking() { --room_->speaking; }

  private:
    RoomPtr room_;
};

}  // namespace

Rooms::Heard Rooms::listen(Room* room, const Message& message) {
    Heard heard;
    const auto document = xml::parse(message.xml, xml::limits_of_stored_xml, ns::client);
    if (!document) return heard;
    const auto root = document->root();
    const bool is_groupchat = message.type == MessageType::groupchat;
    if (message.to.is_full()) heard.act = is_groupchat ? Act::unknown : Act::write_privately;
    else if (is_groupchat) heard.act = is_subject_change(root) ? Act::change_subject : Act::speak;
    else heard.act = act_of_letter(root, heard.is_about_membership);
    if (heard.act == Act::change_subject)
        for (const auto subject : root.children(subject_tag)) heard.subject += subject.outer_with_namespaces();
    if (const auto* author = room ? room->occupant_on(message.from) : nullptr)
        heard.shown = as_shown(root, room->address_of(author->nick), *author, heard.act == Act::write_privately);
    else if (room && message.from == host_.domain_jid()) heard.shown = as_the_rooms(root, *room);
    return heard;
}

policy::RoomFacts Rooms::facts_about(Room* room, const Message& message, const Heard& heard) {
    policy::RoomFacts facts{.act = heard.act};
    if (!room) return facts;
    const auto* here = room->occupant_on(message.from);
    const auto role = here ? here->role : Role::none;
    const auto affiliation = room->affiliation_of(message.from);
    const auto& settings = room->settings;
    facts.exists = !room->is_locked || affiliation == Affiliation::owner;
    const bool is_the_server = message.from == host_.domain_jid();  // whose name nobody else can write
    facts.is_occupant = here || is_the_server;
    facts.has_voice = role >= Role::participant || is_the_server;
    facts.may_change_subject = role == Role::moderator || (settings.may_change_subject && role == Role::participant);
    facts.may_write_privately = settings.may_write_privately(role);
    facts.partner_is_present = room->occupant(message.to.resource()) != nullptr;
    const bool may_ask_in = settings.may_invite && here && (!settings.is_members_only || affiliation >= Affiliation::member);
    facts.may_invite = affiliation >= Affiliation::admin || may_ask_in;
    facts.was_invited = room->invited.contains(message.from.bare());
    facts.may_ask_for_voice = role == Role::visitor;
    facts.may_decide = heard.is_about_membership ? affiliation >= Affiliation::admin : role == Role::moderator;
    return facts;
}

Task<> Rooms::take_message(SessionId, std::shared_ptr<const Message> message) {
    if (message->type == MessageType::error) co_return co_await take_error(message);
    auto facts = host_.facts_about(*message);
    if (message->to.local().empty()) {  // the service itself: nobody takes messages there
        co_await host_.judge_and_record(message, facts, {.to = message->to.text(), .stanza = {}});
        co_return;
    }
    auto room = find(message->to.bare());
    auto heard = listen(room.get(), *message);
    facts.recipient_exists = true;
    facts.room = facts_about(room.get(), *message, heard);
    const bool is_the_server = message->from == host_.domain_jid();  // whose word goes to everybody at once
    if (room && !is_the_server) facts.room->is_too_fast = !room->take_on(message->from, told_by(*room, heard.act));
    switch (heard.act) {
        case Act::change_subject: co_return co_await change_subject(room, message, facts, std::move(heard));
        case Act::write_privately: co_return co_await write_privately(room, message, facts, std::move(heard.shown));
        case Act::invite: co_return co_await invite(room, message, facts);
        case Act::decline: co_return co_await decline(room, message, facts);
        case Act::ask_for_voice: co_return co_await ask_for_voice(room, message, facts);
        case Act::decide: co_return co_await decide(room, message, facts);
        case Act::unknown:
        case Act::speak: co_return co_await speak(room, message, facts, std::move(heard.shown));
    }
}

std::pair<Text, Own> Rooms::copies_of(Room& room, const Message& message, const std::string& shown, const Recorder::Receipt& receipt) {
    auto copy = with_children(shown, host_.stanza_id_of(room.jid(), receipt.position));
    auto xml = std::make_shared<const std::string>(host_.with_links(copy, message.from, receipt.time, room.jid(), room.created));
    const auto* author = *xml == copy ? nullptr : room.occupant_on(message.from);
    if (!author) return {std::move(xml), {}};
    return {std::move(xml), {.devices = author->device_addresses(), .xml = std::make_shared<const std::string>(std::move(copy))}};
}

Task<> Rooms::speak(RoomPtr room, std::shared_ptr<const Message> message, policy::Facts facts, std::string shown) {
    Host::RecordedAs as{.to = std::string(message->to.bare_text()), .stanza = shown, .in_recipient_history = is_history(*message)};
    std::optional<Speaking> speaking;
    if (room) speaking.emplace(room);
    const auto receipt = co_await host_.judge_and_record(message, facts, std::move(as));
    if (!receipt || room->is_gone) co_return;
    auto [xml, own] = copies_of(*room, *message, shown, *receipt);
    if (is_history(*message)) room->say(Said{.position = receipt->position, .time = receipt->time, .xml = std::move(xml)}, own);
    else room->say(std::move(xml), own);
}

Task<> Rooms::change_subject(RoomPtr room, std::shared_ptr<const Message> message, policy::Facts facts, Heard heard) {
    Host::RecordedAs as{.to = std::string(message->to.bare_text()), .stanza = heard.shown, .in_recipient_history = true};
    std::optional<AsyncMutex::Guard> guard;
    if (room) guard.emplace(co_await room->changes.lock());
    const auto receipt = co_await host_.judge_and_record(message, facts, std::move(as));
    const auto* author = receipt && !room->is_gone ? room->occupant_on(message->from) : nullptr;
    if (!author) co_return;
    const auto before = std::tuple(room->subject, room->subject_nick, room->subject_time);
    auto subject = host_.with_links(heard.subject, message->from, receipt->time, room->jid(), room->created);  // who enters is told it as the room's
    std::tie(room->subject, room->subject_nick, room->subject_time) = std::tuple(std::move(subject), author->nick, receipt->time);
    try {
        co_await save_if_persistent(room);
    } catch (...) {
        std::tie(room->subject, room->subject_nick, room->subject_time) = before;
        throw;
    }
    auto [xml, own] = copies_of(*room, *message, heard.shown, *receipt);
    room->say(std::move(xml), own);
}

/// Two records, as with an invitation: what the author wrote to the occupant, and what the room hands on to the person. So each
/// of the two finds in the own history what passed, and neither the other's real address.
Task<> Rooms::write_privately(RoomPtr room, std::shared_ptr<const Message> message, policy::Facts facts, std::string shown) {
    const auto* partner = room ? room->occupant(message->to.resource()) : nullptr;
    const auto* author = room ? room->occupant_on(message->from) : nullptr;
    const auto written = as_whisper(*message);
    Host::RecordedAs as{.to = message->to.text(), .stanza = written->xml, .in_sender_history = is_history(*message)};
    const auto address = author ? room->address_of(author->nick) : message->to;
    const auto person = partner ? partner->shown().jid.bare() : message->to;
    const auto devices = partner ? partner->device_addresses() : std::vector<Jid>();
    if (partner) {
        const auto& lists = host_.block_lists();
        facts.blocked_by_recipient = lists.has_blocked(person, message->from) || lists.has_blocked(person, address);
    }
    const auto receipt = co_await host_.judge_and_record(message, facts, std::move(as));
    if (!receipt) co_return;

    const auto to = devices.size() == 1 ? devices.front() : person;
    const auto handed_on = addressed(shown, to);
    const Recorder::Draft draft{.record = {.from = address.text(), .to = to.text(), .stanza = handed_on,
                                           .in_recipient_history = is_history(*message)}};
    const auto second = co_await host_.recorder().record(draft);
    if (!written->traits.is_private) {
        auto copy = std::make_shared<const Delivery>(Delivery{.message = written, .position = receipt->position, .time = receipt->time});
        host_.at_home(message->from, [copy](Home& home) { home.copy_to_sender(copy->message->from, copy); });
    }
    if (host_.is_local(person)) shown = with_children(shown, host_.stanza_id_of(person, second.position));
    for (const auto& device : devices)
        host_.send_to(device, host_.with_links(addressed(shown, device), message->from, receipt->time, device));
}

/// An error that answers what the room said: whoever cannot be reached any more is taken out.
Task<> Rooms::take_error(std::shared_ptr<const Message> message) {
    auto facts = host_.facts_about(*message);
    facts.recipient_exists = true;
    const auto receipt = co_await host_.judge_and_record(message, facts, {.to = message->to.text(), .stanza = {}});
    auto room = receipt && !message->to.local().empty() ? find(message->to.bare()) : nullptr;
    if (room && is_gone(error_of(message->xml).condition)) remove(*room, message->from, {.is_unavailable = true, .codes = {333}});
}

}  // namespace chancery::rooms
