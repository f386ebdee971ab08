// What occupants ask of those who run the room, and their answers: voice (XEP-0045 §7.13, §8.6) and membership (§9.9).

#include <algorithm>

#include "features/rooms/service.h"
#include "xml/parse.h"

namespace chancery::rooms {
namespace {

constexpr std::string_view form_request = "http://jabber.org/protocol/muc#request";

std::optional<Form> form_in(const std::string& message) {
    const auto document = xml::parse(message, xml::limits_of_stored_xml, ns::client);
    const auto form = document ? document->root().child({"x", ns::data_forms}) : xml::View();
    if (!form) return std::nullopt;
    return Form(xml::Element(form));
}

}  // namespace

Task<> Rooms::ask_for_voice(RoomPtr room, std::shared_ptr<const Message> message, policy::Facts facts) {
    const auto receipt = co_await host_.judge_and_record(message, facts, {.to = message->to.text(), .stanza = {}});
    const auto* asking = receipt && !room->is_gone ? room->occupant_on(message->from) : nullptr;
    if (!asking) co_return;
    FormWriter form("form", form_request);
    form.title("Somebody asks for voice").instructions("May this person speak in the room?");
    form.list("muc#role", "Role", "list-single", {{"participant", "Participant"}}, {"participant"})
        .text("muc#jid", "Address", message->from.text(), "jid-single")
        .text("muc#roomnick", "Nickname", asking->nick)
        .flag("muc#request_allow", "Let this person speak", false);
    std::string xml = "<message";
    xml::append_attribute(xml, "from", room->jid().text());
    xml += ">" + form.xml() + "</message>";
    for (const auto& moderator : room->occupants().in_role(Role::moderator)) {
        for (const auto& device : moderator->devices) host_.send_to(device.jid, addressed(xml, device.jid));
    }
}

Task<> Rooms::decide(RoomPtr room, std::shared_ptr<const Message> message, policy::Facts facts) {
    const auto receipt = co_await host_.judge_and_record(message, facts, {.to = message->to.text(), .stanza = {}});
    const auto form = receipt && !room->is_gone ? form_in(message->xml) : std::nullopt;
    if (!form) co_return;
    if (form->form_type() != form_request) {
        const auto person = Jid::parse(form->text("muc#register_jid").value_or(""));
        if (person) co_await admit_member(std::move(room), person->bare(), form->flag("muc#register_allow").value_or(false));
        co_return;
    }
    const auto* moderator = room->occupant_on(message->from);
    auto* asking = room->occupant(form->text("muc#roomnick").value_or(""));
    if (!asking || !moderator || asking->role != Role::visitor || form->flag("muc#request_allow") != true) co_return;
    set_role(*room, *asking, Role::participant, {.actor = moderator->nick});
}

/// §9.9: of somebody who has asked to register.
Task<> Rooms::admit_member(RoomPtr room, Jid person, bool is_allowed) {
    const auto guard = co_await room->changes.lock();
    const auto request = room->asking.extract(person);
    const bool fits = request && !room->is_gone && is_allowed && !room->is_reserved(request.mapped(), person) &&
                      room->affiliation_of(person) == Affiliation::none &&
                      room->affiliates.size() < static_cast<std::size_t>(host_.config().rooms.affiliations);
    if (!fits) co_return;
    room->affiliates.set(person, {.level = Affiliation::member, .nick = request.mapped()});
    if (room->is_stored) co_await store_.save_affiliates(*room, {person});
    for (auto* occupant : room->occupants().of(person))
        set_role(*room, *occupant, std::max(occupant->role, room->settings.role_of(Affiliation::member)), {});
}

}  // namespace chancery::rooms
