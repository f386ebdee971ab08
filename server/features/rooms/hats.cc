// XEP-0317: hats, by ad-hoc commands (XEP-0050) of the room's administrators and owners.

#include <algorithm>
#include <array>

#include "base/bytes.h"
#include "base/crypto.h"
#include "features/rooms/service.h"

namespace chancery::rooms {
namespace {

constexpr std::string_view ns_commands = "http://jabber.org/protocol/commands", form_hats = "urn:xmpp:hats:commands";
constexpr std::size_t most_hats = 100, text_limit_bytes = 500;

struct Command {
    std::string_view node, name;
    std::array<std::string_view, 3> fields;
};
constexpr std::array<Command, 4> commands{{
    {"urn:xmpp:hats:commands:create", "Create a hat", {"hats#title", "hats#uri", "hats#hue"}},
    {"urn:xmpp:hats:commands:destroy", "Destroy a hat", {"hats#uri"}},
    {"urn:xmpp:hats:commands:assign", "Give somebody a hat", {"hats#jid", "hats#uri"}},
    {"urn:xmpp:hats:commands:unassign", "Take a hat away", {"hats#jid", "hats#uri"}},
}};

std::string label_of(std::string_view field) {
    if (field == "hats#title") return "Title";
    if (field == "hats#uri") return "URI of the hat";
    if (field == "hats#hue") return "Hue, in degrees";
    return "Address of the person";
}

std::string shown(std::string_view node, std::string_view session, std::string_view status, std::string content) {
    xml::Element command("command", ns_commands);
    command.set("node", node).set("sessionid", session).set("status", status);
    if (!content.empty()) command.add_raw(std::move(content));
    return command.to_string(ns::client);
}

std::string blank(const Command& command) {
    FormWriter form("form", form_hats);
    form.title(command.name);
    for (const auto field : command.fields)
        if (!field.empty()) form.text(field, label_of(field), {});
    return form.xml();
}

Result<void, StanzaError> create(Room& room, const Form& form) {
    const auto uri = form.text("hats#uri").value_or(""), title = form.text("hats#title").value_or(""), hue = form.text("hats#hue").value_or("");
    if (uri.empty() || title.empty() || uri.size() + title.size() + hue.size() > text_limit_bytes)
        return refuse(Condition::not_acceptable, "A hat has a URI and a title.");
    if (!room.hats.contains(uri) && room.hats.size() >= most_hats) return refuse(Condition::resource_constraint, "The room has too many hats.");
    room.hats[uri] = {title, hue};
    return {};
}

Result<void, StanzaError> wear(Room& room, const Form& form, bool is_worn) {
    const auto uri = form.text("hats#uri").value_or("");
    const auto person = Jid::parse(form.text("hats#jid").value_or(""));
    if (!person || person->local().empty()) return refuse(Condition::jid_malformed, "That is not a person's address.");
    auto wearer = room.affiliates.at(person->bare());
    if (!room.hats.contains(uri)) return refuse(Condition::item_not_found, "There is no such hat.");
    if (wearer.level < Affiliation::member)
        return refuse(Condition::not_acceptable, "Hats are for members of the room.");
    std::erase(wearer.hats, uri);
    if (is_worn) wearer.hats.push_back(uri);
    room.affiliates.set(person->bare(), std::move(wearer));
    return {};
}

Result<void, StanzaError> run(Room& room, std::string_view node, const Form& form) {
    if (node == commands[0].node) return create(room, form);
    if (node == commands[2].node) return wear(room, form, true);
    if (node == commands[3].node) return wear(room, form, false);
    const auto uri = form.text("hats#uri").value_or("");
    if (room.hats.erase(uri) == 0) return refuse(Condition::item_not_found, "There is no such hat.");
    const auto everybody = room.affiliates;
    for (auto [person, affiliate] : everybody)
        if (std::erase(affiliate.hats, uri) > 0) room.affiliates.set(person, std::move(affiliate));
    return {};
}

}  // namespace

std::string Rooms::list_commands(Room& room, const StanzaIn& iq) {
    xml::Element query("query", "http://jabber.org/protocol/disco#items");
    query.set("node", ns_commands);
    if (room.affiliation_of(iq.from) >= Affiliation::admin)
        for (const auto& command : commands)
            query.add(xml::Element("item", query.ns()).set("jid", room.jid().text()).set("node", command.node).set("name", command.name));
    return query.to_string(ns::client);
}

Task<Reply> Rooms::run_command(RoomPtr room, const StanzaIn& iq) {
    const auto guard = co_await room->changes.lock();
    const auto node = iq.payload->attribute("node");
    const auto command = std::ranges::find(commands, node, &Command::node);
    if (command == commands.end()) co_return refuse(Condition::item_not_found, "There is no such command.");
    if (room->is_gone || room->affiliation_of(iq.from) < Affiliation::admin)
        co_return refuse(Condition::forbidden, "Only administrators and owners of the room hand out hats.");
    std::string session(iq.payload->attribute("sessionid"));
    if (session.empty()) session = to_hex(random_bytes(8));
    if (iq.payload->attribute("action") == "cancel") co_return shown(node, session, "canceled", {});
    const auto* x = iq.payload->child({"x", ns::data_forms});
    if (!x || x->attribute("type") != "submit") co_return shown(node, session, "executing", blank(*command));

    if (auto allowed = room->take_on(iq.from, room->occupants().device_count()); !allowed) co_return std::unexpected(allowed.error());
    const auto hats_before = room->hats;
    const auto affiliates_before = room->affiliates;
    if (auto done = run(*room, node, Form(*x)); !done) co_return std::unexpected(done.error());
    try {
        co_await record(journal::Kind::iq, iq.from, *iq.to, iq.xml);
        co_await save_if_persistent(room);
    } catch (...) {
        room->hats = hats_before;
        room->affiliates = affiliates_before;
        throw;
    }
    for (const auto* occupant : room->occupants().all()) {
        const auto* known = room->affiliates.find(occupant->person());
        const auto* old = affiliates_before.find(occupant->person());
        const bool wears = known && !known->hats.empty(), wore = old && !old->hats.empty();
        if (wears || wore) room->show(*occupant, {});
    }
    room->say(std::make_shared<const std::string>(room->notice({104})));
    co_return shown(node, session, "completed", {});
}

}  // namespace chancery::rooms
