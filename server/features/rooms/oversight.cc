// What the administrators of the server see of all rooms, and mend: a room may have lost its last owner with the account
// (forget.cc). Commands (XEP-0050) of the server, which "chancery room" gives too. What is said in a room stays closed to them.

#include "features/rooms/oversight.h"

#include <algorithm>

#include "features/rooms/change.h"
#include "xmpp/data_form.h"

namespace chancery::rooms {
namespace {

constexpr std::size_t most_listed = 500;  // to a client: the answer has to fit into a stanza
constexpr xml::Tag form_tag{"x", ns::data_forms};

xml::Element field(std::string_view var, const std::vector<std::string>& values) {
    xml::Element element("field", ns::data_forms);
    element.set("var", var);
    for (const auto& value : values) element.add(xml::Element("value", ns::data_forms).add_text(value));
    return element;
}

/// A table (XEP-0004 §3.4).
std::string table(const std::vector<Overview>& rooms, std::size_t found) {
    xml::Element form(form_tag);
    form.set("type", "result");
    form.add(xml::Element("title", ns::data_forms).add_text(std::to_string(rooms.size()) + " of " + std::to_string(found) + " rooms"));
    xml::Element reported("reported", ns::data_forms);
    for (const auto& [var, type, label] : {std::tuple("room", "jid-single", "Room"), std::tuple("name", "text-single", "Name"),
                                           std::tuple("occupants", "text-single", "Occupants"), std::tuple("owners", "jid-multi", "Owners")})
        reported.add(xml::Element("field", ns::data_forms).set("var", var).set("type", type).set("label", label));
    form.add(std::move(reported));
    for (const auto& room : rooms) {
        xml::Element item("item", ns::data_forms);
        item.add(field("room", {room.address})).add(field("name", {room.name}));
        form.add(std::move(item.add(field("occupants", {std::to_string(room.occupants)})).add(field("owners", room.owners))));
    }
    return form.to_string(ns::client);
}

DataForm::Field asked(std::string_view var, std::string_view type, std::string_view label) {
    return {.var = std::string(var), .type = std::string(type), .label = std::string(label), .values = {}, .required = true};
}

Task<Reply> list_form(Host&, const Iq&) {
    DataForm form("form", {});
    auto only = asked("without_owner", "boolean", "Only rooms that nobody owns");
    only.required = false;
    co_return form.title("Rooms").instructions("All of them, hidden ones too.").add(std::move(only)).to_xml();
}

Task<Reply> list(Host& host, const Iq& iq, const xml::Element& filled_in) {
    const auto only = DataForm(filled_in).text("without_owner");
    const bool is_a_client = iq.session != 0;
    auto rooms = co_await host.kept<Overseen>().rooms.overview(iq.from, only == "1" || only == "true");
    const auto found = rooms.size();
    if (is_a_client && found > most_listed) rooms.resize(most_listed);
    co_return table(rooms, found);
}

Task<Reply> owner_form(Host&, const Iq&) {
    DataForm form("form", {});
    form.title("Make somebody an owner of a room").instructions("They can configure the room, end it, and say who else runs it.");
    co_return form.add(asked("room", "jid-single", "Room")).add(asked("owner", "jid-single", "Address of the person")).to_xml();
}

Task<Reply> make_owner(Host& host, const Iq& iq, const xml::Element& filled_in) {
    const DataForm form(filled_in);
    const auto room = Jid::parse(form.text("room")), person = Jid::parse(form.text("owner"));
    if (!room || !person) co_return refuse(Condition::jid_malformed, "Give the address of a room and that of a person.");
    if (!host.is_account(*person)) co_return refuse(Condition::item_not_found, "There is no account " + person->text() + ".");
    co_return co_await host.kept<Overseen>().rooms.appoint(room->bare(), person->bare(), iq.from);
}

}  // namespace

void add_oversight(Host& host, Rooms& rooms) {
    host.keep(std::make_shared<Overseen>(rooms));
    host.add_command("urn:chancery:rooms:0#list",
                     {.name = "Rooms and their owners", .form = list_form, .submit = list, .gives_form = true, .for_administrators = true});
    host.add_command("urn:chancery:rooms:0#owner",
                     {.name = "Make somebody an owner of a room", .form = owner_form, .submit = make_owner, .for_administrators = true});
}

/// That an administrator has looked at it is on record; the command line's lists are those of who may read the database too.
Task<std::vector<Overview>> Rooms::overview(Jid asking, bool without_owner) {
    if (!asking.is_domain()) {
        const auto actor = xml::escape(asking.text(), xml::Place::attribute);
        co_await record(journal::Kind::admin, asking, address_, "<admin xmlns='urn:chancery:admin:0' actor='" + actor + "'>{\"command\":\"room list\"}</admin>");
    }
    std::vector<Overview> rooms;
    const auto look = [&](Room& room) {
        Overview seen{.address = room.jid().text(), .name = room.settings.name, .occupants = room.occupants().size(), .owners = {}};
        for (const auto& owner : room.affiliates.with(Affiliation::owner)) seen.owners.push_back(owner.text());
        if (!without_owner || seen.owners.empty()) rooms.push_back(std::move(seen));
    };
    co_await on_each_room(look);
    std::ranges::sort(rooms, {}, &Overview::address);
    co_return rooms;
}

Task<Reply> Rooms::appoint(Jid address, Jid person, Jid administrator) {
    Reply reply;
    if (host_.service_at(address) == this) {
        auto work = appoint_in(address, person, administrator.bare(), reply);
        co_await host_.visit(host_.home_of(address), std::move(work));
    } else {
        reply = refuse(Condition::item_not_found, "There is no room " + address.text() + ".");
    }
    co_return reply;
}

Task<> Rooms::appoint_in(Jid address, Jid person, Jid administrator, Reply& reply) {
    const auto room = find(address);
    reply = refuse(Condition::item_not_found, "There is no room " + address.text() + ".");
    if (!room) co_return;
    const auto guard = co_await room->changes.lock();
    if (room->is_gone) co_return;
    reply = person.text() + " is an owner of " + address.text() + ".";
    if (room->affiliates.at(person).level == Affiliation::owner) co_return;
    co_await change_in_name_of(room, administrator, {{.person = person, .nick = {}, .affiliation = Affiliation::owner}});
}

}  // namespace chancery::rooms
